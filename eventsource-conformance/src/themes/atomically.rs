//! Several commands on several aggregates, executed atomically on top of the store.

use eventsource::{
    EventSource, ExecuteError, Metadata, Version,
    store::{Append, ExpectedVersion, NewEvent, Receipt},
};

use crate::support::{
    AlreadyClosed, Chance, Disturbance, Disturbed, Store, Tally, TallyEvent, add, close, race,
    retried_on_conflict, tally,
};

async fn totals(store: &Store, ids: &[&str]) -> Vec<u64> {
    let mut totals = Vec::new();
    for id in ids {
        let loaded = store.source().load::<Tally>(&(*id).to_owned()).await;
        totals.push(loaded.expect("the tally can be loaded").state.total);
    }
    totals
}

pub(crate) async fn commands_on_several_aggregates_are_recorded_as_one(store: Store) {
    let es = store.source();
    es.execute(add("b", 10)).await.expect("it is accepted");
    let receipts = es.atomically().execute(add("c", 1)).execute(add("b", 2)).execute(add("a", 3)).await;
    let receipts = receipts.expect("all are accepted");
    let found: Vec<_> = receipts.iter().map(|receipt| (receipt.stream.id(), receipt.version.get())).collect();
    assert_eq!(found, [("c", 1), ("b", 2), ("a", 1)]);
    assert_eq!(totals(&store, &["a", "b", "c"]).await, [3, 12, 1]);
}

pub(crate) async fn one_rejection_rejects_all_and_is_named(store: Store) {
    let es = store.source();
    es.execute(close("closed")).await.expect("it is accepted");
    let executed = es.atomically().execute(add("a", 1)).execute(add("closed", 2)).execute(add("b", 3)).await;
    match executed {
        Err(ExecuteError::Rejected(rejected)) => {
            assert_eq!(rejected.index, 1);
            assert_eq!(rejected.downcast_ref(), Some(&AlreadyClosed));
        }
        other => panic!("expected a rejection, not {other:?}"),
    }
    assert_eq!(totals(&store, &["a", "b"]).await, [0, 0]);
    assert_eq!(store.log().await.len(), 1);
}

pub(crate) async fn a_command_is_handled_on_the_state_left_by_the_commands_before_it(store: Store) {
    let es = store.source();
    let receipts = es.atomically().execute(add("t", 1)).execute(add("u", 5)).execute(add("t", 2)).await;
    let receipts = receipts.expect("all are accepted");
    assert_eq!(receipts.iter().map(|receipt| receipt.version.get()).collect::<Vec<_>>(), [2, 1]);
    let rejected = es
        .atomically()
        .execute(close("t"))
        .execute(add("t", 3))
        .await
        .expect_err("the first command closed it");
    let rejected = rejected.rejection().expect("a rejection");
    assert_eq!((rejected.index, rejected.downcast_ref()), (1, Some(&AlreadyClosed)));
    assert_eq!(totals(&store, &["t", "u"]).await, [3, 5]);
    assert_eq!(store.log().await.len(), 3);
}

pub(crate) async fn a_conflict_on_one_aggregate_has_all_commands_handled_again(store: Store) {
    let faster = |id, event: &TallyEvent| {
        let event = NewEvent::encode(event, Metadata::new()).expect("it can be encoded");
        Disturbance::Overtaken(Append::to(tally(id), ExpectedVersion::Any, vec![event]))
    };
    let twice =
        [faster("b", &TallyEvent::Added { amount: 10 }), faster("a", &TallyEvent::Added { amount: 20 })];
    let es = EventSource::new(Disturbed::new(&store, twice));
    let receipts =
        es.atomically().execute(add("a", 1)).execute(add("b", 2)).await.expect("accepted after a retry");
    assert!(receipts.iter().all(|receipt| receipt.version == Version::new(2)));
    assert_eq!(totals(&store, &["a", "b"]).await, [21, 12]);

    let es = EventSource::new(Disturbed::new(&store, [faster("b", &TallyEvent::Closed)]));
    let rejected =
        es.atomically().execute(add("a", 1)).execute(add("b", 2)).await.expect_err("closed meanwhile");
    assert_eq!(rejected.rejection().map(|rejected| rejected.index), Some(1));
    assert_eq!(totals(&store, &["a", "b"]).await, [21, 12]);
}

pub(crate) async fn an_atomic_execution_repeated_under_its_key_gets_the_first_receipts(store: Store) {
    let es = store.source();
    let transfer = || es.atomically().execute(add("a", 1)).execute(add("b", 2)).idempotency_key("transfer");
    let first = transfer().await.expect("it is accepted");
    es.execute(close("a")).await.expect("it is accepted");
    let again = transfer().await.expect("the first receipts are returned");
    let expected: Vec<_> = first.into_iter().map(|receipt| Receipt { repeated: true, ..receipt }).collect();
    assert_eq!(again, expected);
    assert_eq!(totals(&store, &["a", "b"]).await, [1, 2]);
}

pub(crate) async fn other_commands_executed_as_one_under_a_used_key_are_not_executed(store: Store) {
    let es = store.source();
    let first = es.atomically().execute(add("a", 1)).execute(close("b")).idempotency_key("4711").content("x");
    first.await.expect("it is accepted");
    let others = [
        es.atomically().execute(close("a")).execute(add("b", 1)),
        es.atomically().execute(close("b")).execute(add("a", 1)),
        es.atomically().execute(add("a", 1)),
        es.atomically().execute(add("a", 1)).execute(close("b")).content("y"),
    ];
    for other in others {
        match other.idempotency_key("4711").await {
            Err(ExecuteError::ReusedKey(reused)) => {
                assert_eq!(reused.first.command, "Add on tally/a, Close on tally/b");
                assert_ne!(reused.first, reused.given);
            }
            other => panic!("expected the key to be refused, not {other:?}"),
        }
    }
    // One of the streams alone.
    let alone = es.execute(add("a", 1)).idempotency_key("4711").await;
    assert!(matches!(alone, Err(ExecuteError::ReusedKey(_))), "{alone:?}");
    assert_eq!(totals(&store, &["a", "b"]).await, [1, 0]);
    assert_eq!(store.log().await.len(), 2);
}

pub(crate) async fn concurrent_atomic_executions_on_the_same_aggregates_all_count(store: Store) {
    let executed = race(24, |n| {
        // Each is executed by a separate program.
        let es = store.source();
        async move {
            let mut chance = Chance::new(n);
            for _ in 0..3 {
                let (from, to) = (chance.below(4), chance.below(4));
                let (from, to) = (format!("t-{from}"), format!("t-{to}"));
                // Sometimes the same aggregate twice.
                let both = retried_on_conflict!(es.atomically().execute(add(&from, 1)).execute(add(&to, 1)));
                both.expect("it is accepted after retries");
            }
        }
    });
    executed.await;
    let totals = totals(&store, &["t-0", "t-1", "t-2", "t-3"]).await;
    assert_eq!(totals.iter().sum::<u64>(), 24 * 3 * 2, "{totals:?}");
    assert_eq!(store.log().await.len(), 24 * 3 * 2);
}
