//! Appends given as a list: each has its own outcome, as if they were made one after the other.

use eventsource::{
    EventId, Version,
    store::{Append, AppendError, ExpectedVersion, InvalidAppend, Receipt, Request},
};

use crate::support::{Store, events, exactly, ids, part, polled, race, several, stream, versions};

/// Far more polls than any call needs.
const MOST_POLLS: usize = 1_000;

fn to(id: &str, expected: ExpectedVersion, count: usize) -> Append {
    Append::to(stream(id), expected, events(count))
}

fn ids_of(appends: &[Append]) -> Vec<EventId> {
    let parts = appends.iter().flat_map(|append| &append.streams);
    parts.flat_map(|part| &part.events).map(|event| event.id).collect()
}

/// The receipts of appends to one stream each, all of which must be accepted.
#[track_caller]
fn accepted(outcomes: Vec<Result<Vec<Receipt>, AppendError>>) -> Vec<Receipt> {
    let receipts = outcomes.into_iter().map(|outcome| {
        let [receipt] =
            outcome.expect("the append is accepted").try_into().expect("one receipt for one stream");
        receipt
    });
    receipts.collect()
}

/// The actual version of a conflict.
#[track_caller]
fn conflict(outcome: &Result<Vec<Receipt>, AppendError>) -> u64 {
    match outcome {
        Err(AppendError::Conflict { actual, .. }) => actual.get(),
        other => panic!("expected a conflict, not {other:?}"),
    }
}

pub(crate) async fn each_append_of_a_list_gets_its_receipt_in_the_order_given(store: Store) {
    let list = vec![
        to("a", ExpectedVersion::Any, 2),
        to("b", ExpectedVersion::NoStream, 1),
        to("a", ExpectedVersion::StreamExists, 1),
        to("b", exactly(1), 3),
    ];
    let receipts = accepted(store.append_each(list.clone()).await);
    assert!(receipts.iter().all(|receipt| !receipt.repeated));
    let got: Vec<_> = receipts.iter().map(|r| (r.stream.id(), r.version.get())).collect();
    assert_eq!(got, [("a", 2), ("b", 1), ("a", 3), ("b", 4)]);
    for id in ["a", "b"] {
        let of_stream: Vec<_> =
            list.iter().filter(|append| append.streams[0].stream == stream(id)).cloned().collect();
        let kept = store.events_of(&stream(id)).await;
        assert_eq!(ids(&kept), ids_of(&of_stream));
        assert!(kept.is_sorted_by(|one, next| one.context.position < next.context.position));
        let last = receipts.iter().rfind(|receipt| receipt.stream == stream(id)).expect("there are two");
        assert_eq!(kept.last().map(|event| event.context.position), Some(last.position));
    }
}

pub(crate) async fn an_append_of_a_list_sees_the_version_left_by_the_earlier_ones(store: Store) {
    store.fill(&stream("account"), 2).await;
    let list: Vec<_> = (0..20).map(|n| to("account", exactly(2 + 3 * n), 3)).collect();
    let receipts = accepted(store.append_each(list.clone()).await);
    let due: Vec<_> = (1..=20).map(|n| 2 + 3 * n).collect();
    assert_eq!(receipts.iter().map(|receipt| receipt.version.get()).collect::<Vec<_>>(), due);
    assert!(receipts.is_sorted_by(|one, next| one.position < next.position));
    assert_eq!(ids(&store.forward(&stream("account"), 2, usize::MAX).await), ids_of(&list));
}

pub(crate) async fn a_failed_append_of_a_list_fails_only_the_appends_that_depend_on_it(store: Store) {
    store.fill(&stream("account"), 5).await;
    let list = vec![
        to("before", ExpectedVersion::NoStream, 1),
        to("account", exactly(5), 1),
        to("account", exactly(4), 1),
        to("account", exactly(7), 1),
        to("other", ExpectedVersion::NoStream, 1),
        to("account", ExpectedVersion::Any, 1),
        to("other", exactly(1), 1),
    ];
    let outcomes = store.append_each(list).await;
    let versions_of: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().ok().map(|receipts| receipts[0].version.get()))
        .collect();
    assert_eq!(versions_of, [Some(1), Some(6), None, None, Some(1), Some(7), Some(2)]);
    assert_eq!([conflict(&outcomes[2]), conflict(&outcomes[3])], [6, 6]);
    assert_eq!(store.events_of(&stream("account")).await.len(), 7);
}

pub(crate) async fn an_append_that_depends_on_a_failed_one_conflicts_even_if_the_version_matches(
    store: Store,
) {
    let account = stream("account");
    store.fill(&account, 6).await;
    // Handled at version 5, when another append was faster: the stream has the version that the second append
    // expects, but the first append is missing.
    let mine = |n| to("account", exactly(n), 1);
    let on_another_stream = vec![to("other", exactly(0), 1), to("other", exactly(1), 1)];
    let lists = [
        vec![mine(5), mine(6), mine(7)],
        // Not adjacent in the list, and once with several streams.
        vec![mine(5), to("a", exactly(0), 1), mine(6), to("a", exactly(1), 1)],
        vec![
            several(vec![mine(5), to("b", exactly(0), 1)].into_iter().flat_map(|a| a.streams).collect()),
            mine(6),
        ],
        on_another_stream,
    ];
    for (n, list) in lists.into_iter().enumerate() {
        let outcomes = store.append_each(list.clone()).await;
        for (append, outcome) in list.iter().zip(&outcomes) {
            if append.streams[0].stream == account {
                assert_eq!(conflict(outcome), 6, "in list {n}");
            } else {
                assert!(outcome.is_ok(), "in list {n}: {outcome:?}");
            }
        }
    }
    assert_eq!(store.events_of(&account).await.len(), 6);
    // An append that was stored earlier returns its receipt, whatever happened to the appends before it.
    let stored = mine(6);
    store.write_all(stored.clone()).await;
    let outcomes = store.append_each(vec![mine(5), stored]).await;
    assert_eq!(conflict(&outcomes[0]), 7);
    let receipts = outcomes[1].as_ref().expect("it was stored");
    assert_eq!((receipts[0].version, receipts[0].repeated), (Version::new(7), true));
    // An append that was stored earlier under a key was handled on another state, even if it brought the stream to
    // the expected version.
    let keyed = |n| mine(n).with_idempotency_key("key");
    store.write_all(keyed(7)).await;
    let lists = [
        vec![keyed(7), mine(8)],
        vec![mine(6), keyed(7), mine(8)],
        // The last append has to be looked up separately.
        vec![keyed(7), to("account", exactly(8), 0), mine(8)],
    ];
    for (n, list) in lists.into_iter().enumerate() {
        for (append, outcome) in list.iter().zip(store.append_each(list.clone()).await) {
            match &append.idempotency_key {
                Some(_) => assert!(outcome.expect("its first receipt")[0].repeated, "in list {n}"),
                None => assert_eq!(conflict(&outcome), 8, "in list {n}"),
            }
        }
    }
    assert_eq!(store.events_of(&account).await.len(), 8);
}

pub(crate) async fn each_append_of_a_list_has_its_own_key(store: Store) {
    let keyed = |id: &str, version, key: &str| {
        let append = to(id, exactly(version), 1).with_idempotency_key(key);
        Append { request: Some(Request::new(format!("{key} of {version}"))), ..append }
    };
    let list = vec![
        keyed("account", 0, "first"),
        keyed("account", 1, "second"),
        to("account", exactly(2), 1),
        keyed("other", 0, "first"),
    ];
    let receipts = accepted(store.append_each(list).await);
    for (id, key, at) in [("account", "first", 0), ("account", "second", 1), ("other", "first", 3)] {
        let found = store.find_receipt(&stream(id), key).await.expect("the key can be looked up");
        assert_eq!(found, Some(Receipt { repeated: true, ..receipts[at].clone() }), "{key} on {id}");
    }
    assert_eq!(store.find_receipt(&stream("other"), "second").await.expect("the key can be looked up"), None);
    // Some appends of a list may have happened before.
    let list = vec![
        keyed("account", 3, "third"),
        keyed("account", 4, "fourth"),
        keyed("account", 9, "first"),
        keyed("account", 5, "third"),
    ];
    let again = accepted(store.append_each(list).await);
    assert_eq!(again.iter().map(|r| r.version.get()).collect::<Vec<_>>(), [4, 5, 1, 4]);
    assert_eq!(again.iter().map(|r| r.repeated).collect::<Vec<_>>(), [false, false, true, true]);
    let commands = again.iter().map(|r| r.request.as_ref().map(|request| request.command.as_str()));
    let due = ["third of 3", "fourth of 4", "first of 0", "third of 3"].map(Some);
    assert_eq!(commands.collect::<Vec<_>>(), due, "each with the request that it was made for");
}

pub(crate) async fn a_list_that_is_repeated_gets_the_first_receipts(store: Store) {
    let list = vec![
        to("a", ExpectedVersion::Any, 2),
        to("a", exactly(2), 1),
        to("b", ExpectedVersion::NoStream, 1),
        to("a", ExpectedVersion::StreamExists, 1).with_idempotency_key("key"),
    ];
    let first = accepted(store.append_each(list.clone()).await);
    store.fill(&stream("a"), 1).await;
    let again = accepted(store.append_each(list.clone()).await);
    let due: Vec<_> = first.into_iter().map(|receipt| Receipt { repeated: true, ..receipt }).collect();
    assert_eq!(again, due);
    assert_eq!(store.log().await.len(), 6);
}

pub(crate) async fn an_append_that_is_twice_in_a_list_happens_once(store: Store) {
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream] {
        let id = format!("{expected}");
        let (first, second) = (to(&id, expected, 2), to(&id, exactly(2), 1));
        let list = vec![first.clone(), first.clone(), second.clone(), first, second];
        let receipts = accepted(store.append_each(list.clone()).await);
        let got: Vec<_> = receipts.iter().map(|r| (r.version.get(), r.repeated)).collect();
        assert_eq!(got, [(2, false), (2, true), (3, false), (2, true), (3, true)], "expecting {expected}");
        assert_eq!(versions(&store.events_of(&stream(&id)).await), [1, 2, 3]);
    }
}

pub(crate) async fn an_append_to_several_streams_has_its_place_in_a_list(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    let both =
        |version| several(vec![part(&a, exactly(version), events(1)), part(&b, exactly(version), events(1))]);
    let list = vec![
        to("a", exactly(0), 1),
        to("b", exactly(0), 1),
        both(1),
        to("b", exactly(2), 1),
        both(2),
        both(3),
    ];
    let outcomes = store.append_each(list).await;
    let receipts: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok().map(Vec::len)).collect();
    assert_eq!(receipts, [Some(1), Some(1), Some(2), Some(1), None, None]);
    assert_eq!([conflict(&outcomes[4]), conflict(&outcomes[5])], [3, 2]);
    assert_eq!(versions(&store.events_of(&a).await), [1, 2]);
    assert_eq!(versions(&store.events_of(&b).await), [1, 2, 3]);
}

pub(crate) async fn an_append_without_events_has_its_place_in_a_list(store: Store) {
    let list = vec![
        to("account", exactly(0), 0),
        to("account", exactly(0), 2),
        to("account", exactly(2), 0),
        to("account", exactly(2), 1),
        to("account", exactly(1), 0),
    ];
    let outcomes = store.append_each(list).await;
    assert_eq!(conflict(&outcomes[4]), 3);
    let receipts: Vec<_> = outcomes.iter().flatten().flatten().collect();
    assert_eq!(receipts.iter().map(|r| r.version.get()).collect::<Vec<_>>(), [0, 2, 2, 3]);
    assert_eq!(receipts[1].position, receipts[2].position);
}

pub(crate) async fn an_empty_list_of_appends_appends_nothing(store: Store) {
    assert!(store.append_each(Vec::new()).await.is_empty());
    assert_eq!(store.log().await, []);
}

pub(crate) async fn an_invalid_append_is_refused_and_the_rest_of_the_list_is_stored(store: Store) {
    let twice = stream("twice");
    let list = vec![
        to("account", exactly(0), 1),
        several(vec![
            part(&twice, ExpectedVersion::Any, events(1)),
            part(&twice, ExpectedVersion::Any, events(1)),
        ]),
        to("account", exactly(1), 1),
        several(Vec::new()),
        to("account", exactly(2), 1),
        to("twice", ExpectedVersion::Any, 1),
    ];
    let outcomes = store.append_each(list).await;
    let refused = |n: usize| match &outcomes[n] {
        Err(AppendError::Invalid(fault)) => fault,
        other => panic!("expected a refusal, not {other:?}"),
    };
    assert_eq!(*refused(1), InvalidAppend::RepeatedStream { stream: twice.clone() });
    assert_eq!(*refused(3), InvalidAppend::NoStreams);
    let stored: Vec<_> = outcomes.iter().flatten().flatten().map(|receipt| receipt.version.get()).collect();
    assert_eq!(stored, [1, 2, 3, 1]);
    assert_eq!(store.log().await.len(), 4);
}

pub(crate) async fn an_event_id_in_use_is_refused_and_the_rest_of_the_list_is_stored(store: Store) {
    let list =
        vec![to("a", exactly(0), 1), to("b", exactly(0), 1), to("a", exactly(1), 1), to("c", exactly(0), 1)];
    let mut stolen = list.clone();
    stolen[1].streams[0].events[0].id = list[0].streams[0].events[0].id;
    let outcomes = store.append_each(stolen).await;
    let used = list[0].streams[0].events[0].id;
    match &outcomes[1] {
        Err(AppendError::Invalid(InvalidAppend::UsedEventId { id, .. })) => assert_eq!(*id, used),
        // Either of two concurrent appends may be the first.
        Ok(_) => assert!(outcomes[0].is_err()),
        other => panic!("expected a refusal, not {other:?}"),
    }
    assert!(outcomes[3].is_ok());
    assert_eq!(store.log().await.iter().filter(|event| event.context.id == used).count(), 1);
}

pub(crate) async fn a_list_of_three_hundred_appends_is_stored_in_its_order(store: Store) {
    let one: Vec<_> = (0..300).map(|n| to("one", exactly(n), 1)).collect();
    assert!(store.append_each(one.clone()).await.iter().all(Result::is_ok));
    assert_eq!(ids(&store.events_of(&stream("one")).await), ids_of(&one));
    let many: Vec<_> = (0..300).map(|n| to(&format!("many-{}", n % 7), exactly(n / 7), 1)).collect();
    let receipts = accepted(store.append_each(many).await);
    assert!(receipts.iter().map(|receipt| receipt.version.get()).eq((0..300).map(|n| n / 7 + 1)));
}

pub(crate) async fn a_dropped_list_stores_no_later_append_without_the_earlier_ones(store: Store) {
    for polls in 0..MOST_POLLS {
        let id = |n: usize| format!("{}-{polls}", ["any", "exact"][n % 2]);
        let expected =
            |n: usize| if n.is_multiple_of(2) { ExpectedVersion::Any } else { exactly(n as u64 / 2) };
        let list: Vec<_> = (0..12).map(|n| to(&id(n), expected(n), 1)).collect();
        let of = |n: usize| ids_of(&list.iter().skip(n).step_by(2).cloned().collect::<Vec<_>>());
        let ended = polled(polls, store.append_each(list.clone())).await.is_some();
        for n in 0..2 {
            let kept = ids(&store.events_of(&stream(&id(n))).await);
            assert!(of(n).starts_with(&kept), "{kept:?} after {polls} polls");
        }
        accepted(store.append_each(list.clone()).await);
        for n in 0..2 {
            assert_eq!(ids(&store.events_of(&stream(&id(n))).await), of(n), "after {polls} polls");
        }
        if ended {
            return;
        }
    }
    panic!("the call has not ended within {MOST_POLLS} polls");
}

pub(crate) async fn concurrent_lists_on_the_same_streams_are_each_stored_in_order(store: Store) {
    let lists = race(8, |racer| {
        let store = store.clone();
        async move {
            let id = |n: usize| format!("{}", (racer * 3 + n) % 5);
            let list: Vec<_> = (0..20).map(|n| to(&id(n), ExpectedVersion::Any, 1)).collect();
            accepted(store.append_each(list.clone()).await);
            list
        }
    });
    let lists = lists.await;
    for n in 0..5 {
        let account = stream(&n.to_string());
        let kept = store.events_of(&account).await;
        assert!(versions(&kept).into_iter().eq(1..=kept.len() as u64));
        assert!(kept.is_sorted_by(|one, next| one.context.position < next.context.position));
        for list in &lists {
            let mine: Vec<_> =
                list.iter().filter(|append| append.streams[0].stream == account).cloned().collect();
            let due = ids_of(&mine);
            let order: Vec<_> = ids(&kept).into_iter().filter(|id| due.contains(id)).collect();
            assert_eq!(order, due);
        }
    }
}
