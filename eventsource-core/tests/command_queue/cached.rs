//! What is remembered between commands.

use std::sync::Arc;

use eventsource::{AggregateCache, prelude::*};

use crate::{
    page::note,
    watched::{Watched, page},
};

const NOTHING: [u64; 0] = [];

fn remembering(store: &Arc<Watched>, cache: AggregateCache) -> EventSource<Arc<Watched>> {
    EventSource::builder(Arc::clone(store)).cache(cache).build()
}

#[tokio::test]
async fn what_is_remembered_is_not_loaded() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    for number in 0..5 {
        source.execute(note("a", number)).await.unwrap();
    }
    assert_eq!(store.reads(), [0]);
    assert_eq!(store.numbers("a").await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn of_what_is_remembered_only_newer_events_are_read_after_a_conflict() {
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
async fn nothing_is_remembered_when_the_cache_is_off() {
    let store = Watched::new();
    let source = remembering(&store, AggregateCache::OFF);
    for number in 0..3 {
        source.execute(note("a", number)).await.unwrap();
    }
    assert_eq!(store.reads(), [0, 0, 0]);
}

#[tokio::test]
async fn what_was_used_longest_ago_is_forgotten_first() {
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
async fn what_is_remembered_does_not_weigh_more_than_it_may() {
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
    assert_eq!(store.reads(), [0], "3 and 3 are too much");
    source.execute(note("c", 7).times(6)).await.unwrap();
    store.reads();
    source.execute(note("c", 8).times(0)).await.unwrap();
    assert_eq!(store.reads(), [0], "it is too heavy by itself");
    source.execute(note("a", 9).times(0)).await.unwrap();
    assert_eq!(store.reads(), NOTHING, "and nothing had to go for it");
}

#[tokio::test]
async fn what_is_remembered_is_what_would_be_loaded() {
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
