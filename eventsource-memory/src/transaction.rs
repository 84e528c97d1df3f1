//! The transaction of the memory store: one at a time, kept apart from the contents until it commits.

use std::{collections::BTreeMap, fmt, mem, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard};

use super::{
    Contents, MemoryState,
    key::RowKey,
    log::Planned,
    tables::{RowChanges, Rows},
};
use eventsource_core::{
    engine::without_values,
    store::{Append, AppendError, BoxError, GenerationId, Lease, StoreError},
};

/// The locks and notifications of the store's transactions and appends.
#[derive(Debug, Default)]
pub(super) struct TransactionLocks {
    /// Held by the open transaction.
    transaction: Arc<Mutex<()>>,
    /// Read-locked by each append, write-locked by a promotion.
    appends: Arc<RwLock<()>>,
    pub(super) appended: Notify,
}

impl TransactionLocks {
    /// Waits for a promotion to end.
    pub(super) async fn admit_append(&self) -> RwLockReadGuard<'_, ()> {
        self.appends.read().await
    }

    /// Wakes the current listeners; without one, it wakes the next listener, which may have been about to listen.
    pub(super) fn announce(&self) {
        self.appended.notify_waiters();
        self.appended.notify_one();
    }
}

/// What a projection writes through in a [`MemoryStore`](super::MemoryStore): rows of any type in tables of any name,
/// which need not be created first. The writes become visible when the transaction commits. They are lost if it is
/// dropped.
///
/// Only one transaction is open at a time. Further transactions wait for it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bank.rs"));
/// use async_trait::async_trait;
/// use eventsource::{Projection, ProjectionError, Recorded, memory::MemoryTransaction};
///
/// struct Deposits;
///
/// #[async_trait]
/// impl Projection<MemoryStore> for Deposits {
///     type Event = AccountEvent;
///     const NAME: &'static str = "deposits";
///
///     async fn apply(
///         &self,
///         events: &[Recorded<AccountEvent>],
///         transaction: &mut MemoryTransaction,
///     ) -> Result<(), ProjectionError> {
///         for event in events {
///             let account = event.aggregate_id();
///             let deposits: u64 = transaction.get("deposits", account)?.unwrap_or_default();
///             transaction.put("deposits", account, &(deposits + 1))?;
///         }
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
pub struct MemoryTransaction {
    pub(super) shared: Arc<MemoryState>,
    /// The generation whose tables are read and written.
    pub(super) generation: Option<GenerationId>,
    pub(super) lease: Option<Lease>,
    /// The generation that is live from the commit on.
    pub(super) made_live: Option<GenerationId>,
    rows: BTreeMap<(GenerationId, String), RowChanges>,
    append: Option<Planned>,
    steps: Vec<Step>,
    no_appends: Option<OwnedRwLockWriteGuard<()>>,
    _lock: OwnedMutexGuard<()>,
}

/// A change that is made when the transaction commits.
type Step = Box<dyn FnOnce(&mut Contents) + Send>;

impl MemoryTransaction {
    /// The row of a table under a key, as this transaction sees it.
    ///
    /// # Errors
    ///
    /// If the row is not a `T`, or no generation was entered.
    pub fn get<T: DeserializeOwned>(
        &self,
        table: &str,
        key: impl Serialize,
    ) -> Result<Option<T>, StoreError> {
        let key = to_raw_value(&key).map_err(BoxError::from).and_then(|key| RowKey::whole(&key));
        let row = self.row(table, &key.map_err(|source| backend("reading a row", source))?)?;
        row.map(|row| decode(&row)).transpose()
    }

    /// Writes a row. It replaces a row with the same key.
    ///
    /// # Errors
    ///
    /// If the key or the row cannot be written as JSON, or no generation was entered.
    pub fn put<T: Serialize + ?Sized>(
        &mut self,
        table: &str,
        key: impl Serialize,
        row: &T,
    ) -> Result<(), StoreError> {
        let failed = |source: BoxError| backend("writing a row", source);
        let key = to_raw_value(&key).map_err(BoxError::from).and_then(|key| RowKey::whole(&key));
        let row = to_raw_value(row).map_err(|error| failed(error.into()))?;
        self.change(table, key.map_err(failed)?, Some(row))
    }

    /// Deletes the row with this key, if there is one.
    ///
    /// # Errors
    ///
    /// If the key cannot be written as JSON, or no generation was entered.
    pub fn delete(&mut self, table: &str, key: impl Serialize) -> Result<(), StoreError> {
        let key = to_raw_value(&key).map_err(BoxError::from).and_then(|key| RowKey::whole(&key));
        self.change(table, key.map_err(|source| backend("deleting a row", source))?, None)
    }

    /// All rows of a table as this transaction sees them, ordered by key: numbers by value, texts byte by byte.
    ///
    /// # Errors
    ///
    /// If a row is not a `T`, or no generation was entered.
    pub fn rows<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>, StoreError> {
        let generation = self.entered()?;
        let contents = self.shared.contents();
        let kept = contents.projections.generations.get(&generation);
        let mut rows: Rows = kept.and_then(|entry| entry.tables.rows(table)).cloned().unwrap_or_default();
        for (key, row) in self.rows.get(&(generation, table.to_owned())).into_iter().flatten() {
            match row {
                Some(row) => rows.insert(key.clone(), row.clone()),
                None => rows.remove(key),
            };
        }
        drop(contents);
        rows.values().map(|row| decode(row)).collect()
    }

    pub(super) fn row(&self, table: &str, key: &RowKey) -> Result<Option<Box<RawValue>>, StoreError> {
        let generation = self.entered()?;
        if let Some(changed) =
            self.rows.get(&(generation, table.to_owned())).and_then(|changes| changes.get(key))
        {
            return Ok(changed.clone());
        }
        let contents = self.shared.contents();
        let kept = contents.projections.generations.get(&generation);
        Ok(kept.and_then(|entry| entry.tables.rows(table)?.get(key)).cloned())
    }

    pub(super) fn change(
        &mut self,
        table: &str,
        key: RowKey,
        row: Option<Box<RawValue>>,
    ) -> Result<(), StoreError> {
        let generation = self.entered()?;
        self.rows.entry((generation, table.to_owned())).or_default().insert(key, row);
        Ok(())
    }

    /// The generation whose tables the transaction uses.
    pub(super) fn entered(&self) -> Result<GenerationId, StoreError> {
        let none = || backend("finding a table", "no generation was entered; call `enter` first".into());
        self.generation.ok_or_else(none)
    }

    pub(super) fn at_commit(&mut self, step: impl FnOnce(&mut Contents) + Send + 'static) {
        self.steps.push(Box::new(step));
    }

    /// Plans an append that is recorded with the commit.
    pub(super) fn plan(&self, append: &Append, inline: &[GenerationId]) -> Result<Planned, AppendError> {
        let contents = self.shared.contents();
        contents.projections.check_inline(inline)?;
        contents.log.plan(append)
    }

    /// Waits until no append is under way. Further appends wait for this transaction.
    pub(super) async fn exclude_appends(&mut self) {
        if self.no_appends.is_none() {
            self.no_appends = Some(Arc::clone(&self.shared.locks.appends).write_owned().await);
        }
    }

    pub(super) fn append_at_commit(&mut self, planned: Planned) {
        self.append = Some(planned);
    }

    pub(super) fn commit_now(mut self) -> Result<(), StoreError> {
        let mut contents = self.shared.contents();
        if let Some(planned) = self.append.take() {
            if !contents.log.allows(&planned) {
                let source = "events were appended since this append was planned".into();
                return Err(StoreError::Contended { action: "committing", source });
            }
            contents.log.record(planned);
            self.shared.locks.announce();
        }
        for step in mem::take(&mut self.steps) {
            step(&mut contents);
        }
        for ((generation, table), changes) in mem::take(&mut self.rows) {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                entry.tables.change(table, changes);
            }
        }
        Ok(())
    }
}

impl Drop for MemoryTransaction {
    fn drop(&mut self) {
        self.shared.contents().projections.open.clear();
    }
}

impl fmt::Debug for MemoryTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTransaction").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl MemoryState {
    /// Waits for the open transaction to end, then begins a new one.
    pub(super) async fn begin(self: &Arc<Self>) -> MemoryTransaction {
        let lock = Arc::clone(&self.locks.transaction).lock_owned().await;
        MemoryTransaction {
            shared: Arc::clone(self),
            generation: None,
            lease: None,
            made_live: None,
            rows: BTreeMap::new(),
            append: None,
            steps: Vec::new(),
            no_appends: None,
            _lock: lock,
        }
    }

    /// Begins a transaction during which no event can be appended.
    pub(super) async fn begin_alone(self: &Arc<Self>) -> MemoryTransaction {
        let mut transaction = self.begin().await;
        transaction.exclude_appends().await;
        transaction
    }
}

pub(super) fn backend(action: &'static str, source: BoxError) -> StoreError {
    StoreError::Backend { action, source }
}

pub(super) fn decode<T: DeserializeOwned>(row: &RawValue) -> Result<T, StoreError> {
    serde_json::from_str(row.get()).map_err(|error| StoreError::Corrupt {
        action: "reading a row",
        source: without_values(error).into(),
    })
}
