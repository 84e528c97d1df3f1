//! Events: each call goes to the store that it is.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{AnyStore, each};
use crate::{
    EventContext, Position, RecordedEvent, Snapshot, StreamId, Version,
    store::{
        Append, AppendError, Capabilities, Direction, EventStore, HistoryVisitor, ImportError, ImportEvent,
        Imported, LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};

#[async_trait]
impl EventStore for AnyStore {
    fn capabilities(&self) -> Capabilities {
        each!(self, store => store.capabilities())
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        each!(self, store => store.append(append).await)
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        each!(self, store => store.append_each(appends).await)
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        each!(self, store => store.import(events).await)
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        each!(self, store => store.find_receipt(stream, key).await)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        each!(self, store => store.read_stream(stream, direction, limit).await)
    }

    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        each!(self, store => store.read_history(stream, after, visitor).await)
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        each!(self, store => store.read_log(after, filter, limit).await)
    }

    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<EventContext>, StoreError> {
        each!(self, store => store.read_correlated(correlation, after, limit).await)
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        each!(self, store => store.load_snapshot(stream).await)
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        each!(self, store => store.save_snapshot(snapshot).await)
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        each!(self, store => store.stored_types(samples).await)
    }

    async fn announce(&self) -> Result<(), StoreError> {
        each!(self, store => store.announce().await)
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        each!(self, store => store.purge_idempotency_keys(older_than, limit).await)
    }
}
