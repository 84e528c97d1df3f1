//! Numbers that callers read, and the weight of the cache after an eviction.

use std::{sync::Arc, time::Duration};

use eventsource::{AggregateCache, Retry, prelude::*};

use crate::{
    page::note,
    watched::{Fate, Watched},
};

const NOTHING: [u64; 0] = [];

/// Another process is faster at every attempt, so it appends as many events as there are attempts.
#[tokio::test]
async fn a_conflict_has_the_number_of_attempts_of_commands_handled_as_one() {
    let store = Watched::new();
    let source = |retry| EventSource::builder(Arc::clone(&store)).retry(retry).build();
    store.foretell([Fate::Overtaken(store.by_another("a", 100).await)]);
    let never = source(Retry::NEVER);
    let lost = never.atomically().execute(note("a", 0)).execute(note("b", 1)).await;
    assert!(matches!(lost, Err(ExecuteError::Conflict { attempts: 1, .. })), "{lost:?}");

    let mut gate = store.hold();
    let often = source(Retry::within(Duration::from_millis(30)));
    let overtaking = async {
        loop {
            let arrival = gate.arrival().await;
            arrival.meet([Fate::Overtaken(store.by_another("c", 200).await)]);
        }
    };
    let lost = tokio::select! {
        lost = often.atomically().execute(note("c", 0)).execute(note("b", 1)).into_future() => lost,
        () = overtaking => panic!("it never ends"),
    };
    match lost {
        Err(ExecuteError::Conflict { stream, attempts, .. }) => {
            assert_eq!(stream.id(), "c");
            assert!(attempts > 2, "{attempts}");
            assert_eq!(attempts as u64, store.version("c").await.get());
        }
        other => panic!("a conflict was due, not {other:?}"),
    }
    assert_eq!(store.numbers("b").await, NOTHING);
}

#[tokio::test]
async fn an_evicted_state_no_longer_counts() {
    let store = Watched::new();
    let cache = AggregateCache::entries(2).weighing(10);
    let source = EventSource::builder(Arc::clone(&store)).cache(cache).build();
    // With a limit of two states, `a` and `b` are evicted for their number, and 3 and 4 are left.
    for (name, weight) in [("a", 3), ("b", 3), ("c", 3), ("d", 4)] {
        source.execute(note(name, 0).times(weight)).await.unwrap();
    }
    store.reads();
    for name in ["c", "d", "c"] {
        source.execute(note(name, 1).times(0)).await.unwrap();
    }
    assert_eq!(store.reads(), NOTHING, "3 and 4 fit, many times over");
    // `d` is evicted for its weight, and frees space for others.
    source.execute(note("c", 2).times(4)).await.unwrap();
    source.execute(note("d", 3).times(0)).await.unwrap();
    assert_eq!(store.reads(), [0], "7 and 4 exceed the limit");
    source.execute(note("c", 4).times(0)).await.unwrap();
    assert_eq!(store.reads(), [0], "so `c` was evicted for it");
    source.execute(note("e", 5).times(3)).await.unwrap();
    store.reads();
    for name in ["c", "e"] {
        source.execute(note(name, 6).times(0)).await.unwrap();
    }
    assert_eq!(store.reads(), NOTHING, "7 and 3 fit");
}
