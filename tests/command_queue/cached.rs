//! The aggregate cache between commands.

use std::sync::Arc;

use eventsource::{AggregateCache, prelude::*};

use crate::{
    page::{Full, note},
    watched::{Watched, page},
};

const NOTHING: [u64; 0] = [];

fn remembering(store: &Arc<Watched>, cache: AggregateCache) -> EventSource<Arc<Watched>> {
    EventSource::builder(Arc::clone(store)).cache(cache).build()
}

#[tokio::test]
async fn a_cached_state_is_not_loaded() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    for number in 0..5 {
        source.execute(note("a", number)).await.unwrap();
    }
    assert_eq!(store.reads(), [0]);
    assert_eq!(store.numbers("a").await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn after_a_conflict_only_events_newer_than_the_cached_state_are_read() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.execute(note("a", 0)).await.unwrap();
    source.execute(note("a", 1)).await.unwrap();
    store.reads();
    store.intrude("a", 2).await;
    source.execute(note("a", 3)).await.unwrap();
    assert_eq!(store.reads(), [2]);
    assert_eq!(store.numbers("a").await, [0, 1, 2, 3]);
}

#[tokio::test]
async fn nothing_is_cached_when_the_cache_is_off() {
    let store = Watched::new();
    let source = remembering(&store, AggregateCache::OFF);
    for number in 0..3 {
        source.execute(note("a", number)).await.unwrap();
    }
    assert_eq!(store.reads(), [0, 0, 0]);
}

#[tokio::test]
async fn the_least_recently_used_state_is_evicted_first() {
    let store = Watched::new();
    let source = remembering(&store, AggregateCache::entries(2));
    for (name, number) in [("a", 0), ("b", 1), ("a", 2), ("c", 3)] {
        source.execute(note(name, number)).await.unwrap();
    }
    assert_eq!(store.reads(), [0, 0, 0]);
    source.execute(note("a", 4)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "a was used after b");
    source.execute(note("b", 5)).await.unwrap();
    assert_eq!(store.reads(), [0]);
}

#[tokio::test]
async fn the_cache_does_not_exceed_its_weight_limit() {
    let store = Watched::new();
    let source = remembering(&store, AggregateCache::entries(100).weighing(5));
    source.execute(note("a", 0).times(3)).await.unwrap();
    source.execute(note("b", 1).times(2)).await.unwrap();
    store.reads();
    source.execute(note("a", 2).times(0)).await.unwrap();
    source.execute(note("b", 3).times(0)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "3 and 2 are 5");
    source.execute(note("b", 4)).await.unwrap();
    source.execute(note("b", 5).times(0)).await.unwrap();
    assert_eq!(store.reads(), NOTHING);
    source.execute(note("a", 6).times(0)).await.unwrap();
    assert_eq!(store.reads(), [0], "3 and 3 exceed the limit");
    source.execute(note("c", 7).times(6)).await.unwrap();
    store.reads();
    source.execute(note("c", 8).times(0)).await.unwrap();
    assert_eq!(store.reads(), [0], "it exceeds the limit alone");
    source.execute(note("a", 9).times(0)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "and no state was evicted for it");
    source.execute(note("d", 10).times(5)).await.unwrap();
    store.reads();
    source.execute(note("d", 11).times(0)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "a single state may have the whole weight");
}

#[tokio::test]
async fn a_cached_state_equals_a_loaded_one() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.execute(note("a", 0)).await.unwrap();
    store.intrude("a", 1).await;
    source.execute(note("a", 2)).await.unwrap();
    source.execute(note("a", 3).below(1)).await.unwrap_err();
    let loaded = page(&source, "a").await;
    store.reads();
    let rejected = source.execute(note("a", 4).below(1)).await.unwrap_err().rejection().unwrap();
    assert_eq!((rejected.count, rejected.on), (3, loaded.fingerprint()));
    assert_eq!(store.reads(), NOTHING);
}

#[tokio::test]
async fn the_states_of_an_atomic_execution_stay_cached() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.atomically().execute(note("a", 0)).execute(note("b", 1)).await.unwrap();
    assert_eq!(store.reads(), [0, 0]);
    source.execute(note("a", 2)).await.unwrap();
    source.atomically().execute(note("a", 3)).execute(note("b", 4)).await.unwrap();
    assert_eq!(store.reads(), NOTHING);
    source.atomically().execute(note("a", 5)).execute(note("b", 6).below(1)).await.unwrap_err();
    source.execute(note("a", 7)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "nothing was appended");
    assert_eq!(store.numbers("a").await, [0, 2, 3, 7]);
    assert_eq!(store.numbers("b").await, [1, 4]);
}

#[tokio::test]
async fn an_atomic_execution_that_is_rejected_on_states_just_read_asks_the_store_no_more() {
    let store = Watched::new();
    let source = remembering(&store, AggregateCache::OFF);
    source.atomically().execute(note("a", 0)).execute(note("b", 1)).await.unwrap();
    store.lists();
    source.atomically().execute(note("a", 2).below(1)).execute(note("b", 3)).await.unwrap_err();
    assert_eq!(store.lists(), 0);
}

#[tokio::test]
async fn an_atomic_execution_is_not_rejected_on_a_cached_state_that_is_outdated() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.execute(note("a", 0)).await.unwrap();
    store.intrude("a", 1).await;
    let rejected = source.atomically().execute(note("a", 2).below(1)).await.unwrap_err();
    let ExecuteError::Rejected(rejected) = rejected else { panic!("{rejected:?}") };
    let full = rejected.downcast_ref::<Full>().expect("the error of the page");
    assert_eq!(full.count, 2, "on the event of the other process too");
}
