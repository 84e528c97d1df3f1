//! The store under test, with a disturbance between a command and its append.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use eventsource::{
    Position, RecordedEvent, StreamId, Version,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Direction, EventStore, HistoryVisitor, ImportError, ImportEvent,
        Imported, LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};

use super::Store;

/// A disturbance of an append.
pub(crate) enum Disturbance {
    /// Another append is stored first.
    Overtaken(Append),
    /// The append is stored, but its answer is lost.
    AnswerLost,
    /// The append is lost before it reaches the store.
    CallLost,
}

/// A store that disturbs one append after the other, until the disturbances are used up. It can also refuse every
/// snapshot.
pub(crate) struct Disturbed {
    store: Arc<dyn EventStore>,
    disturbances: Mutex<VecDeque<Disturbance>>,
    keeps_snapshots: bool,
}

impl Disturbed {
    pub(crate) fn new(store: &Store, disturbances: impl IntoIterator<Item = Disturbance>) -> Self {
        let disturbances = Mutex::new(disturbances.into_iter().collect());
        Self { store: store.shared(), disturbances, keeps_snapshots: true }
    }

    pub(crate) fn without_snapshots(store: &Store) -> Self {
        Self { keeps_snapshots: false, ..Self::new(store, []) }
    }

    fn next(&self) -> Option<Disturbance> {
        self.disturbances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

fn unknown(append: Append) -> AppendError {
    AppendError::OutcomeUnknown { append: Box::new(append), source: "the connection was cut".into() }
}

#[async_trait]
impl EventStore for Disturbed {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        match self.next() {
            None => self.store.append(append).await,
            Some(Disturbance::Overtaken(faster)) => {
                self.store.append(faster).await?;
                self.store.append(append).await
            }
            Some(Disturbance::AnswerLost) => {
                self.store.append(append.clone()).await?;
                Err(unknown(append))
            }
            Some(Disturbance::CallLost) => Err(unknown(append)),
        }
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        let cut = || StoreError::Unavailable { action: "importing", source: "the connection was cut".into() };
        match self.next() {
            None => self.store.import(events).await,
            Some(Disturbance::Overtaken(faster)) => {
                self.store.append(faster).await.map_err(|_| cut())?;
                self.store.import(events).await
            }
            Some(Disturbance::AnswerLost) => {
                self.store.import(events).await?;
                Err(cut().into())
            }
            Some(Disturbance::CallLost) => Err(cut().into()),
        }
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.store.find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.store.read_stream(stream, direction, limit).await
    }

    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        self.store.read_history(stream, after, visitor).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        self.store.read_log(after, filter, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.store.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        if self.keeps_snapshots {
            return self.store.save_snapshot(snapshot).await;
        }
        Err(StoreError::Backend {
            action: "keeping a snapshot",
            source: "this store refuses snapshots".into(),
        })
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        self.store.stored_types(samples).await
    }
}
