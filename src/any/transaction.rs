//! The transaction of the store that it is.

use async_trait::async_trait;
use serde_json::value::RawValue;

use crate::{
    Position, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, GenerationId, InstanceChange, InstanceState, Lease, LogFilter, LogPage,
        MessageName, ParkedEvent, ParkedOutcome, ReadModelTable, ReadModelTransaction, Receipt, StoreError,
        StoreTransaction, TimerChange,
    },
};

/// A transaction of an [`AnyStore`](super::AnyStore). A projection with statements of its own matches on it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyTransaction {
    /// Of the memory store.
    Memory(MemoryTransaction),
    /// Of the Postgres store.
    #[cfg(feature = "postgres")]
    Postgres(crate::postgres::PgTransaction),
    /// Of the SQLite store.
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sqlite::SqliteTransaction),
}

macro_rules! each {
    ($any:expr, $it:ident => $call:expr) => {
        match $any {
            AnyTransaction::Memory($it) => $call,
            #[cfg(feature = "postgres")]
            AnyTransaction::Postgres($it) => $call,
            #[cfg(feature = "sqlite")]
            AnyTransaction::Sqlite($it) => $call,
        }
    };
}

#[async_trait]
impl StoreTransaction for AnyTransaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Result<(), StoreError> {
        each!(self, it => it.advance(lease, position, events).await)
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        each!(self, it => it.append(append, inline).await)
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Result<(), StoreError> {
        each!(self, it => it.park(lease, events).await)
    }

    async fn unpark(
        &mut self,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError> {
        each!(self, it => it.unpark(lease, event, outcome).await)
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Result<(), StoreError> {
        each!(self, it => it.swap(generation, keep_old).await)
    }

    async fn promote(&mut self, lease: &Lease) -> Result<(), StoreError> {
        each!(self, it => it.promote(lease).await)
    }

    async fn read_rest(
        &mut self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        each!(self, it => it.read_rest(after, filter, limit).await)
    }

    async fn enter(&mut self, generation: GenerationId) -> Result<(), StoreError> {
        each!(self, it => it.enter(generation).await)
    }

    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Result<(), StoreError> {
        each!(self, it => it.change_timers(lease, changes).await)
    }

    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        each!(self, it => it.change_instances(lease, changes).await)
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Result<(), StoreError> {
        each!(self, it => it.keep_outcome(message, outcome).await)
    }

    async fn commit(self) -> Result<(), StoreError> {
        each!(self, it => it.commit().await)
    }

    async fn roll_back(self) -> Result<(), StoreError> {
        each!(self, it => it.roll_back().await)
    }
}

#[async_trait]
impl ReadModelTransaction for AnyTransaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Result<(), StoreError> {
        each!(self, it => it.set_up_table(table).await)
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError> {
        each!(self, it => it.load_rows(table, keys).await)
    }

    async fn lock_keys(&mut self, table: &ReadModelTable, keys: &[Box<RawValue>]) -> Result<(), StoreError> {
        each!(self, it => it.lock_keys(table, keys).await)
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError> {
        each!(self, it => it.write_rows(table, puts, deletes).await)
    }
}

impl From<MemoryTransaction> for AnyTransaction {
    fn from(transaction: MemoryTransaction) -> Self {
        Self::Memory(transaction)
    }
}

#[cfg(feature = "postgres")]
impl From<crate::postgres::PgTransaction> for AnyTransaction {
    fn from(transaction: crate::postgres::PgTransaction) -> Self {
        Self::Postgres(transaction)
    }
}

#[cfg(feature = "sqlite")]
impl From<crate::sqlite::SqliteTransaction> for AnyTransaction {
    fn from(transaction: crate::sqlite::SqliteTransaction) -> Self {
        Self::Sqlite(transaction)
    }
}
