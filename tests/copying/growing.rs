//! A source that is in use, and concurrent copies.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent, StreamId,
    history::copy,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Direction, EventStore, LogFilter, LogPage, Receipt, StoreError,
        StoredSnapshot, StoredType,
    },
};
use futures_util::{FutureExt, future::join_all};
use tokio::task::unconstrained;

use crate::{
    history::{assert_same, event, history, log},
    twisted::Twisted,
};

/// A source to which an event is appended whenever its log is read. It has no import.
pub(crate) struct Growing(pub(crate) MemoryStore);

#[async_trait]
impl EventStore for Growing {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.0.append(append).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.0.find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.0.read_stream(stream, direction, limit).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let page = self.0.read_log(after, filter, limit).await;
        let number = log(&self.0).await.len() as u64;
        self.0.import(&[event(number)]).await.unwrap();
        page
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.0.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.0.save_snapshot(snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        self.0.stored_types(samples).await
    }
}

#[tokio::test]
async fn events_appended_during_a_copy_are_left_for_the_next() {
    let from = Growing(history(10).await);
    let to = MemoryStore::new();
    let first = copy(&from, &to).chunk(4).await.unwrap();
    assert_eq!((first.events, first.until), (10, Position::new(10)));
    assert_eq!(log(&to).await.len(), 10);
    let there = log(&from.0).await.len() as u64;
    assert!(there > 10);
    let second = copy(&from, &to).chunk(4).await.unwrap();
    assert_eq!((second.events, second.stored), (there, there - 10));
    copy(&from.0, &to).await.unwrap();
    assert_same(&from.0, &to).await;
}

#[tokio::test]
async fn copies_made_at_the_same_time_store_each_event_once() {
    let from = history(100).await;
    let to = Twisted::default();
    let copies = (1..=8).map(|chunk| copy(&from, &to).chunk(chunk).into_future());
    for copied in join_all(copies).await {
        assert_eq!(copied.unwrap().events, 100);
    }
    assert!(to.sent() > 100, "they were in conflict");
    assert_same(&from, &to).await;
}

#[tokio::test]
async fn a_copy_that_another_one_overtakes_succeeds() {
    // The other copy begins later, when the source has more events, and ends first.
    let from = Growing(history(10).await);
    let to = MemoryStore::new();
    let overtaken = copy(&from, &to).chunk(3).with_progress(|so_far| {
        assert_eq!(so_far.until, Position::new(10));
        let other = unconstrained(copy(&from, &to).into_future()).now_or_never();
        other.expect("memory does not wait").unwrap();
    });
    let copied = overtaken.await.unwrap();
    assert!(copied.events > 10, "the events of the other copy were compared too");
}
