//! The reference store: the shortest implementation of the contract. It lives in memory and is lost when the process
//! ends.

mod generations;
mod import;
mod instances;
mod key;
mod log;
mod parked;
mod partitions;
mod projections;
mod rows;
mod tables;
mod timers;
mod transaction;
mod writing;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use uuid::Uuid;

use self::log::Log;
pub use self::transaction::MemoryTransaction;
use eventsource_core::{
    EventContext, Position, RecordedEvent, StreamId, Timestamp,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Capability, Direction, EventStore, ImportError, ImportEvent,
        Imported, LogFilter, LogPage, Outcome, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};

/// A store in memory, for tests and a first try.
///
/// One lock makes every call atomic, so the log is in commit order and the horizon is always its end. It keeps read models
/// too, with one transaction at a time: see [`MemoryTransaction`].
///
/// ```
/// use eventsource::{EventSource, MemoryStore};
/// let es = EventSource::new(MemoryStore::new());
/// # let _ = es;
/// ```
///
/// A clone is a handle to the same store.
#[derive(Debug, Default, Clone)]
pub struct MemoryStore {
    shared: Arc<MemoryState>,
}

/// State that the store shares with its open transaction.
#[derive(Debug, Default)]
struct MemoryState {
    contents: Mutex<Contents>,
    locks: transaction::TransactionLocks,
}

#[derive(Debug, Default)]
struct Contents {
    log: Log,
    snapshots: HashMap<StreamId, Snapshot>,
    projections: generations::Projections,
    /// By consumer and id.
    outcomes: BTreeMap<(String, String), Outcome>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.shared.contents()
    }
}

impl Contents {
    fn snapshot_of(&self, stream: &StreamId) -> Option<StoredSnapshot> {
        let snapshot = self.snapshots.get(stream)?.clone();
        Some(StoredSnapshot { has_event: self.log.has_event_of(&snapshot), snapshot })
    }
}

impl MemoryState {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        // All checks come before the first change, so a panic cannot leave a change half done.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of([
            Capability::Import,
            Capability::Projections,
            Capability::InlineProjections,
            Capability::Reactions,
        ])
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        append.validate()?;
        let _not_promoting = self.shared.locks.admit_append().await;
        let mut contents = self.contents();
        contents.projections.check_inline(&[])?;
        let planned = contents.log.plan(&append)?;
        let receipts = contents.log.record(planned);
        self.shared.locks.announce();
        Ok(receipts)
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        ImportEvent::validate(events)?;
        let _not_promoting = self.shared.locks.admit_append().await;
        let mut contents = self.contents();
        contents.projections.check_import()?;
        let (planned, imported) = contents.log.plan_import(events)?;
        contents.log.record(planned);
        self.shared.locks.announce();
        Ok(imported)
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        Ok(self.contents().log.receipt(stream, key))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Ok(self.contents().log.read_stream(stream, direction, limit))
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        Ok(self.contents().log.read(after, filter, limit))
    }

    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<EventContext>, StoreError> {
        Ok(self.contents().log.correlated(correlation, after, limit))
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(self.contents().snapshot_of(stream))
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut contents = self.contents();
        if contents.snapshot_of(&snapshot.stream).is_none_or(|kept| kept.is_replaced_by(&snapshot)) {
            contents.snapshots.insert(snapshot.stream.clone(), snapshot);
        }
        Ok(())
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        Ok(self.contents().log.stored_types(samples))
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        Ok(self.contents().log.purge_receipts(Timestamp::now().saturating_sub(older_than), limit))
    }
}

#[cfg(test)]
mod tests;
