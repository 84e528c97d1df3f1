//! A start that fails in the middle abandons what it has created, and says that the store failed.

use std::sync::Arc;

use eventsource::{
    Change, Fold, StartError,
    prelude::*,
    projections::ProjectionState,
    store::{GenerationState, ProjectionStore, StoreError},
};

use crate::{
    domain::{PageEvent, Program, Row, included, is, note_some, noted, numbers, started, until},
    faulty::{Call, Fails, Fault, Faulty},
};

/// The next version of [`Row`], with another column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "pages", version = 2)]
struct Count {
    #[read_model(key)]
    page: String,
    count: u64,
}

impl Fold<PageEvent> for Count {
    fn key(event: &Recorded<PageEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<PageEvent>) -> Change<Self> {
        let page = event.aggregate_id().to_owned();
        Change::Put(Self { page, count: row.map_or(0, |row| row.count) + 1 })
    }
}

/// A read model that is new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "last_numbers")]
struct Last {
    #[read_model(key)]
    page: String,
    number: u64,
}

impl Fold<PageEvent> for Last {
    fn key(event: &Recorded<PageEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, event: &Recorded<PageEvent>) -> Change<Self> {
        let PageEvent::Noted { number } = event.event;
        Change::Put(Self { page: event.aggregate_id().to_owned(), number })
    }
}

/// A store in which [`Row`] is inline, and a program with the next version, whose start is to fail.
async fn inline_and_next() -> (Arc<Faulty>, Program, Program) {
    let store = Arc::new(Faulty::default());
    let old = EventSource::builder(Arc::clone(&store)).inline(Row::projection()).build();
    let workers = started(&old).await;
    is(&old, ProjectionState::Inline).await;
    note_some(&old, 0..3).await;
    workers.shutdown().await.expect("they end in time");
    let new =
        EventSource::builder(Arc::clone(&store)).inline(Count::projection()).projection(Last::projection());
    (store, old, new.build())
}

async fn refused(new: &Program) -> StartError {
    let new = new.clone();
    // Only the calls of tasks fail.
    let start = tokio::spawn(async move { new.start().await.map(drop) });
    start.await.expect("no panic").expect_err("the store fails")
}

async fn versions(store: &Faulty) -> Vec<(String, u32, GenerationState, bool)> {
    let generations = store.generations().await.expect("the store can be read");
    generations.into_iter().map(|it| (it.name, it.version, it.state, it.inline)).collect()
}

async fn assert_next_starts(new: &Program) {
    let workers = started(new).await;
    is(new, ProjectionState::Inline).await;
    let last = noted(new, "even", 4).await;
    included(new, last).await;
    let row: Count = new.find(&"even".to_owned()).await.expect("found").expect("a row");
    assert_eq!(row.count, 3);
    until(|| async {
        new.find::<Last>(&"even".to_owned()).await.expect("found").filter(|row| row.number == 4)
    })
    .await;
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_cannot_demote_abandons_what_it_created() {
    for fault in [Fault::Lost, Fault::Refused] {
        let (store, old, new) = inline_and_next().await;
        store.fail(Fails { call: Call::Demote, from: 0, times: 1, fault });
        let refused = refused(&new).await;
        assert!(matches!(refused, StartError::Store(_)), "{refused:?}");
        assert_eq!(store.failed(), 1);
        assert_eq!(versions(&store).await, [("pages".to_owned(), 1, GenerationState::Live, true)]);
        noted(&old, "odd", 5).await;
        assert_eq!(numbers(&old, "odd").await, [1, 5]);
        assert_next_starts(&new).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_cannot_create_every_generation_abandons_the_others() {
    let (store, _, new) = inline_and_next().await;
    store.fail(Fails { call: Call::Commit, from: 1, times: 1, fault: Fault::Lost });
    let refused = refused(&new).await;
    assert!(matches!(refused, StartError::Store(StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(store.failed(), 1);
    // A program with the first version promotes it again.
    assert_eq!(versions(&store).await, [("pages".to_owned(), 1, GenerationState::Live, false)]);
    assert_next_starts(&new).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_does_not_reach_the_store_says_nothing_about_the_table() {
    let (store, old, _) = inline_and_next().await;
    for fault in [Fault::Lost, Fault::Refused] {
        store.fail(Fails { call: Call::CheckTable, from: store.made(), times: 1, fault });
        let refused = refused(&old).await;
        match fault {
            Fault::Lost => assert!(matches!(refused, StartError::Store(_)), "{refused:?}"),
            _ => assert!(matches!(refused, StartError::Table { .. }), "{refused:?}"),
        }
    }
    assert_eq!(store.failed(), 2);
}
