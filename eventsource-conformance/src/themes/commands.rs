//! Commands executed by an `EventSource` on top of the store.

use std::time::Duration;

use eventsource::{
    EventSource, ExecuteError, Metadata, Retry, Version,
    store::{Append, ExpectedVersion, InvalidAppend, NewEvent, Receipt, Request},
};

use crate::support::{
    AlreadyClosed, Disturbance, Disturbed, Store, Tally, TallyEvent, add, close, polled, race,
    retried_on_conflict, tally, versions,
};

/// An append by another program.
fn by_another(event: &TallyEvent) -> Append {
    let event = NewEvent::encode(event, Metadata::new()).expect("it can be encoded");
    Append::to(tally("t"), ExpectedVersion::Any, vec![event])
}

fn overtaken(event: &TallyEvent) -> Disturbance {
    Disturbance::Overtaken(by_another(event))
}

async fn state(store: &Store, id: &str) -> Tally {
    store.source().load::<Tally>(&id.to_owned()).await.expect("the tally can be loaded").state
}

pub(crate) async fn a_command_records_its_events_and_gets_their_receipt(store: Store) {
    let es = store.source();
    for (amount, version) in [(5, 1), (7, 2), (1, 3)] {
        let receipt = es.execute(add("t", amount)).await.expect("it is accepted");
        let last = store.backward(&tally("t"), u64::MAX, 1).await;
        let due = Receipt {
            stream: tally("t"),
            version: Version::new(version),
            position: last[0].context.position,
            repeated: false,
            request: None,
        };
        assert_eq!(receipt, due);
        assert_eq!(last[0].payload(), format!("{{\"amount\":{amount}}}"));
    }
    assert_eq!(state(&store, "t").await, Tally { total: 13, count: 3, closed: false });
}

pub(crate) async fn a_rejected_command_records_nothing(store: Store) {
    let es = store.source();
    es.execute(close("t")).await.expect("it is accepted");
    let rejected = es.execute(add("t", 1)).await.expect_err("it is closed");
    assert_eq!(rejected.rejection(), Some(AlreadyClosed));
    assert_eq!(versions(&store.events_of(&tally("t")).await), [1]);
}

pub(crate) async fn a_command_without_events_gets_the_current_version_and_position(store: Store) {
    let es = store.source();
    assert_eq!(es.execute(add("t", 0)).await.expect("it is accepted").version, Version::EMPTY);
    let last = es.execute(add("t", 4)).await.expect("it is accepted");
    assert_eq!(es.execute(add("t", 0)).await.expect("it is accepted"), last);
    assert_eq!(store.log().await.len(), 1);
}

pub(crate) async fn a_command_is_handled_again_after_a_conflict(store: Store) {
    let faster = [2, 3].map(|amount| overtaken(&TallyEvent::Added { amount }));
    let es = EventSource::new(Disturbed::new(&store, faster));
    assert_eq!(es.execute(add("t", 7)).await.expect("it is accepted").version, Version::new(3));
    assert_eq!(state(&store, "t").await, Tally { total: 12, count: 3, closed: false });
}

pub(crate) async fn a_command_that_is_impossible_after_a_conflict_is_rejected(store: Store) {
    let es = EventSource::new(Disturbed::new(&store, [overtaken(&TallyEvent::Closed)]));
    let rejected = es.execute(add("t", 7)).await.expect_err("another program has closed it");
    assert_eq!(rejected.rejection(), Some(AlreadyClosed));
    assert_eq!(state(&store, "t").await, Tally { closed: true, ..Tally::default() });
}

pub(crate) async fn a_conflict_is_returned_when_the_time_for_retries_is_over(store: Store) {
    let mut before = 0;
    for (retry, least) in [(Retry::NEVER, 1), (Retry::within(Duration::from_millis(20)), 2)] {
        let always = (0..1_000).map(|_| overtaken(&TallyEvent::Added { amount: 1 }));
        let es = EventSource::builder(Disturbed::new(&store, always)).retry(retry).build();
        match es.execute(add("t", 100)).await {
            Err(ExecuteError::Conflict { stream, expected, actual, attempts }) => {
                assert_eq!(stream, tally("t"));
                assert!(attempts >= least && (least > 1 || attempts == 1), "{attempts} attempts, {retry:?}");
                let lost = before + attempts as u64;
                let due = ExpectedVersion::Exact(Version::new(lost - 1));
                assert_eq!((expected, actual), (due, Version::new(lost)));
                before = lost;
            }
            other => panic!("expected a conflict, not {other:?}"),
        }
        assert_eq!(state(&store, "t").await.total, before);
    }
}

/// This many concurrent commands on one aggregate, each by a separate program.
async fn assert_all_count(store: &Store, count: usize, programs: usize) {
    let programs: Vec<_> = (0..programs).map(|_| store.source()).collect();
    let receipts = race(count, |n| {
        let es = programs[n % programs.len()].clone();
        async move {
            let executed = retried_on_conflict!(es.execute(add("t", n as u64 + 1)));
            executed.expect("it is accepted after retries")
        }
    });
    let mut numbers: Vec<_> = receipts.await.iter().map(|receipt| receipt.version.get()).collect();
    numbers.sort_unstable();
    let count = count as u64;
    assert!(numbers.iter().copied().eq(1..=count), "{numbers:?}");
    let due = Tally { total: count * (count + 1) / 2, count, closed: false };
    assert_eq!(state(store, "t").await, due);
}

pub(crate) async fn forty_concurrent_commands_on_one_aggregate_all_count(store: Store) {
    assert_all_count(&store, 40, 40).await;
}

pub(crate) async fn two_hundred_concurrent_commands_on_one_aggregate_all_count(store: Store) {
    assert_all_count(&store, 200, 40).await;
}

pub(crate) async fn commands_of_one_program_on_one_aggregate_do_not_conflict(store: Store) {
    let es = EventSource::builder(store.shared()).retry(Retry::NEVER).build();
    for round in 0..3 {
        let receipts = race(200, |n| {
            let es = es.clone();
            async move { es.execute(add("t", n as u64 + 1)).await.expect("no other program appends") }
        });
        let mut numbers: Vec<_> = receipts.await.iter().map(|receipt| receipt.version.get()).collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(200 * round + 1..=200 * (round + 1)), "{numbers:?}");
    }
    assert_eq!(state(&store, "t").await, Tally { total: 3 * 20_100, count: 600, closed: false });
}

pub(crate) async fn one_of_the_mutually_exclusive_commands_of_one_program_is_accepted(store: Store) {
    let es = EventSource::builder(store.shared()).retry(Retry::NEVER).build();
    let closed = race(32, |_| {
        let es = es.clone();
        async move { es.execute(close("t")).await }
    });
    let (accepted, rejected): (Vec<_>, Vec<_>) = closed.await.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 1);
    for error in rejected {
        assert_eq!(error.expect_err("a rejection").rejection(), Some(AlreadyClosed));
    }
    assert_eq!(versions(&store.events_of(&tally("t")).await), [1]);
}

pub(crate) async fn a_cached_state_does_not_hide_the_events_of_other_programs(store: Store) {
    let es = store.source();
    es.execute(add("t", 1)).await.expect("it is accepted");
    // By another program: the first one has an older state cached.
    store.source().execute(add("t", 2)).await.expect("it is accepted");
    assert_eq!(es.execute(add("t", 4)).await.expect("it is accepted").version, Version::new(3));
    assert_eq!(state(&store, "t").await.total, 7);

    es.execute(add("u", 1)).await.expect("it is accepted");
    store.source().execute(close("u")).await.expect("it is accepted");
    let rejected = es.execute(add("u", 8)).await.expect_err("it is closed");
    assert_eq!(rejected.rejection(), Some(AlreadyClosed));
}

pub(crate) async fn one_of_the_mutually_exclusive_commands_is_accepted(store: Store) {
    let closed = race(32, |_| {
        let es = store.source();
        async move { retried_on_conflict!(es.execute(close("t"))) }
    });
    let (accepted, rejected): (Vec<_>, Vec<_>) = closed.await.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 1);
    for error in rejected {
        assert_eq!(error.expect_err("a rejection").rejection(), Some(AlreadyClosed));
    }
    assert_eq!(versions(&store.events_of(&tally("t")).await), [1]);
}

pub(crate) async fn a_command_repeated_under_its_key_gets_the_first_receipt(store: Store) {
    let es = store.source();
    let first = es.execute(add("t", 5)).idempotency_key("4711").await.expect("it is accepted");
    es.execute(add("t", 6)).await.expect("it is accepted");
    es.execute(close("t")).await.expect("it is accepted");
    // If it handled the command again, the aggregate would now reject it.
    let again = es.execute(add("t", 5)).idempotency_key("4711").await.expect("the first receipt is returned");
    assert_eq!(again, Receipt { repeated: true, ..first });
    assert_eq!(state(&store, "t").await, Tally { total: 11, count: 2, closed: true });
}

fn reused(executed: Result<Receipt, ExecuteError<AlreadyClosed>>) -> (String, String) {
    match executed {
        Err(ExecuteError::ReusedKey(reused)) => {
            assert_eq!((&reused.stream, &*reused.key), (&tally("t"), "4711"));
            (reused.first.to_string(), reused.given.to_string())
        }
        other => panic!("expected the key to be refused, not {other:?}"),
    }
}

pub(crate) async fn another_command_under_a_used_key_is_not_executed(store: Store) {
    let es = store.source();
    let due = ("`Add`".to_owned(), "`Close`".to_owned());
    es.execute(add("t", 5)).idempotency_key("4711").await.expect("it is accepted");
    for es in [es.clone(), store.source()] {
        assert_eq!(reused(es.execute(close("t")).idempotency_key("4711").await), due);
    }
    // Rejected by the aggregate, and still a request under a used key.
    es.execute(close("t")).await.expect("it is accepted");
    for es in [es, store.source()] {
        assert_eq!(reused(es.execute(close("t")).idempotency_key("4711").await), due);
    }
    assert_eq!(state(&store, "t").await, Tally { total: 5, count: 1, closed: true });
    let receipt = store.source().receipt::<Tally>(&"t".to_owned(), "4711").await.expect("it can be read");
    let receipt = receipt.expect("it was executed");
    assert_eq!((receipt.version, receipt.request), (Version::new(1), Some(Request::new("Add"))));
}

pub(crate) async fn another_content_under_a_used_key_is_not_executed(store: Store) {
    let es = store.source();
    let execute = |content: &'static str| es.execute(add("t", 5)).idempotency_key("4711").content(content);
    let first = execute("one").await.expect("it is accepted");
    let (kept, given) = reused(execute("another").await);
    assert!(kept.starts_with("`Add` with the content ") && given.starts_with("`Add` with the content "));
    assert_ne!(kept, given);
    for again in [execute("one").await, es.execute(add("t", 5)).idempotency_key("4711").await] {
        assert_eq!(again.expect("the first receipt"), Receipt { repeated: true, ..first.clone() });
    }
    assert_eq!(state(&store, "t").await.count, 1);
}

pub(crate) async fn a_key_of_a_command_is_free_for_other_aggregates(store: Store) {
    let es = store.source();
    for id in ["t", "u"] {
        let receipt = es.execute(add(id, 5)).idempotency_key("4711").await.expect("it is accepted");
        assert!(!receipt.repeated, "on {id}");
    }
    assert_eq!(state(&store, "u").await.total, 5);
}

pub(crate) async fn a_rejection_does_not_use_up_the_key(store: Store) {
    let es = store.source();
    es.execute(close("t")).await.expect("it is accepted");
    es.execute(add("t", 1)).idempotency_key("4711").await.expect_err("it is closed");
    assert_eq!(store.find_receipt(&tally("t"), "4711").await.expect("the key can be looked up"), None);
}

pub(crate) async fn a_command_under_a_key_that_cannot_be_stored_is_refused(store: Store) {
    let es = store.source();
    for key in ["", "a\0b", &"x".repeat(Append::MAX_KEY_BYTES + 1)] {
        match es.execute(add("t", 1)).idempotency_key(key).await {
            Err(ExecuteError::Invalid(InvalidAppend::Text { stream, what, .. })) => {
                assert_eq!((stream, what), (tally("t"), "the idempotency key"));
            }
            other => panic!("expected a refusal, not {other:?}"),
        }
    }
    assert_eq!(store.log().await, []);
}

pub(crate) async fn one_of_the_commands_racing_under_one_key_counts(store: Store) {
    let receipts = race(32, |_| {
        let es = store.source();
        async move {
            let executed = retried_on_conflict!(es.execute(add("t", 5)).idempotency_key("4711"));
            executed.expect("one of them is accepted")
        }
    });
    let receipts = receipts.await;
    assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1);
    assert!(receipts.iter().all(|receipt| receipt.version == Version::new(1)));
    assert_eq!(state(&store, "t").await, Tally { total: 5, count: 1, closed: false });
}

pub(crate) async fn a_command_whose_answer_was_lost_counts_once(store: Store) {
    let es = EventSource::new(Disturbed::new(&store, [Disturbance::AnswerLost, Disturbance::AnswerLost]));
    let receipt = es.execute(add("t", 5)).await.expect("the outcome is looked up");
    assert_eq!((receipt.version, receipt.repeated), (Version::new(1), true));
    assert_eq!(state(&store, "t").await, Tally { total: 5, count: 1, closed: false });
}

pub(crate) async fn a_command_whose_append_was_lost_is_appended_again(store: Store) {
    let es = EventSource::new(Disturbed::new(&store, [Disturbance::CallLost, Disturbance::AnswerLost]));
    let receipt = es.execute(add("t", 5)).await.expect("the outcome is looked up");
    assert_eq!(receipt.version, Version::new(1));
    assert_eq!(state(&store, "t").await, Tally { total: 5, count: 1, closed: false });
}

pub(crate) async fn a_dropped_command_under_a_key_counts_once_when_it_is_repeated(store: Store) {
    let es = store.source();
    for polls in 0..20 {
        let key = format!("key-{polls}");
        polled(polls, es.execute(add("t", 1)).idempotency_key(&*key).into_future()).await;
        let again = store.source();
        let receipt = retried_on_conflict!(again.execute(add("t", 1)).idempotency_key(&*key));
        receipt.expect("it is accepted");
    }
    assert_eq!(state(&store, "t").await, Tally { total: 20, count: 20, closed: false });
}
