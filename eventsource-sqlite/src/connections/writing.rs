//! The one connection that writes, with a transaction open on it.
//!
//! The state of a transaction is not always known: its future may be dropped at any await point, a commit may fail half
//! way, and on a full disk SQLite rolls back itself while sqlx considers the transaction open. So a connection is in
//! doubt from before `begin` until `commit` or `rollback` has succeeded. The next user of a connection in doubt waits
//! until its worker thread has finished its queue, including the rollback that a drop requests, and opens a new
//! connection if it is still in a transaction.

use std::{
    sync::{Arc, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use eventsource_core::store::StoreError;
use eventsource_sql::statement;
use sqlx::{Connection, SqlStr, Sqlite, SqliteConnection};
use sqlx_core::{database::Database, transaction::TransactionManager};
use tokio::{sync::OwnedMutexGuard, task, time::timeout};

use super::{
    Connections, FileFault, Role,
    checkpoint::Checkpoint,
    closed,
    identity::{FilesBeside, OpenFile},
    shut,
};
use crate::{
    ProjectionFault, Synchronous,
    error::{is_busy, store_error},
};

type Manager = <Sqlite as Database>::TransactionManager;

/// The slot of the connection that writes.
#[derive(Debug)]
pub(super) struct Slot {
    connection: Option<SqliteConnection>,
    file: Arc<OpenFile>,
    /// The files beside the database that the connection has open, since its first transaction.
    beside: Option<FilesBeside>,
    checkpoint: Checkpoint,
    /// Whether a transaction may be open on it.
    in_doubt: bool,
    /// Its current flush setting, if that is known.
    flush: Option<Flush>,
    /// Whether the store was closed.
    closed: bool,
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// As the options say.
    AsConfigured,
    /// It does not wait. A later commit that waits for the disk also flushes this one, so a loss of power can only lose
    /// this commit together with all commits after it. For data that is folded from events again.
    Later,
}

/// A transaction on the connection that writes. It is rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct Writing {
    slot: OwnedMutexGuard<Slot>,
    open: bool,
}

/// Another process writes to the file.
#[derive(Debug, thiserror::Error)]
#[error(
    "another process has been writing to the file for {waited:?}; make its transactions shorter, or set a longer \
     `busy_timeout`"
)]
struct Busy {
    waited: Duration,
    source: sqlx::Error,
}

impl Connections {
    /// Begins a write transaction, after the earlier requests have ended. Until it ends, no other transaction writes to
    /// the file, in any process.
    pub(crate) async fn begin(&self, action: &'static str) -> Result<Writing, StoreError> {
        self.begin_within(action, self.acquire_timeout(), self.options().busy_timeout).await
    }

    /// Like [`begin`](Self::begin), with limits for the wait within this process, and for other processes.
    pub(crate) async fn begin_within(
        &self,
        action: &'static str,
        waited: Duration,
        busy_timeout: Duration,
    ) -> Result<Writing, StoreError> {
        self.begin_as(action, waited, busy_timeout, Flush::AsConfigured).await
    }

    /// Like [`begin`](Self::begin), with another flush setting.
    pub(crate) async fn begin_to_commit(
        &self,
        action: &'static str,
        flush: Flush,
    ) -> Result<Writing, StoreError> {
        self.begin_as(action, self.acquire_timeout(), self.options().busy_timeout, flush).await
    }

    async fn begin_as(
        &self,
        action: &'static str,
        waited: Duration,
        busy_timeout: Duration,
        flush: Flush,
    ) -> Result<Writing, StoreError> {
        let limit = self.call_timeout();
        // Shorter than the call that waits for it, so that the outcome of an append is known.
        match timeout(
            limit.saturating_sub(limit / 6),
            self.begin_unlimited(action, waited, busy_timeout, flush),
        )
        .await
        {
            Ok(begun) => begun,
            Err(_) => Err(StoreError::TimedOut { action, limit, waiting_for: "other writes to the file" }),
        }
    }

    async fn begin_unlimited(
        &self,
        action: &'static str,
        waited: Duration,
        busy_timeout: Duration,
        flush: Flush,
    ) -> Result<Writing, StoreError> {
        self.check_open(action)?;
        self.check_self_wait(action)?;
        self.check_file(action)?;
        let slot = timeout(waited, self.shared.writer.clone().lock_owned()).await;
        let mut writing = match slot {
            Ok(slot) => Writing { slot, open: false },
            Err(_) if self.loan_state().now => {
                let source = Box::new(ProjectionFault::Held { waited });
                return Err(StoreError::Cancelled { action, source });
            }
            Err(_) => return Err(StoreError::Exhausted { action, waited }),
        };
        if writing.slot.closed {
            return Err(closed(action));
        }
        writing.slot.resolve_doubt().await;
        let since = Instant::now();
        loop {
            match writing.begin(self, flush).await {
                Ok(()) => return Ok(writing),
                Err(error) if is_busy(&error) && since.elapsed() < busy_timeout => {
                    task::yield_now().await;
                }
                Err(source) if is_busy(&source) => {
                    let source = Box::new(Busy { waited: since.elapsed(), source });
                    return Err(StoreError::Contended { action, source });
                }
                Err(error) => {
                    writing.open = false;
                    writing.slot.close().await;
                    return Err(store_error(action, error));
                }
            }
        }
    }
}

/// A marker that a task holds a transaction for application code. A write of that code through the store would wait for
/// itself.
pub(crate) struct Loan(Connections);

/// The current loan, and a counter of loans.
#[derive(Debug, Default)]
pub(super) struct LoanState {
    task: Option<task::Id>,
    /// How many loans there have been, and whether one is active now.
    number: u64,
    now: bool,
}

impl Drop for Loan {
    fn drop(&mut self) {
        let mut loan = self.0.loan_state();
        (loan.task, loan.now) = (None, false);
    }
}

impl Connections {
    fn loan_state(&self) -> MutexGuard<'_, LoanState> {
        self.shared.loan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the transaction as held by the current task. The marker must be dropped before the transaction.
    pub(crate) fn lend(&self) -> Loan {
        let mut loan = self.loan_state();
        *loan = LoanState { task: task::try_id(), number: loan.number + 1, now: true };
        drop(loan);
        Loan(self.clone())
    }

    /// Begins a write transaction, unless application code holds one for this long, here or in another process.
    pub(crate) async fn begin_unless_held(
        &self,
        action: &'static str,
        held: Duration,
    ) -> Result<Option<Writing>, StoreError> {
        let current = || {
            let loan = self.loan_state();
            loan.now.then_some(loan.number)
        };
        let mut begun = std::pin::pin!(self.begin_within(action, self.acquire_timeout(), held));
        loop {
            let before = current();
            match timeout(held, &mut begun).await {
                Ok(Ok(writing)) => return Ok(Some(writing)),
                Ok(Err(StoreError::Contended { .. })) => return Ok(None),
                Ok(Err(error)) => return Err(error),
                Err(_) if before.is_some() && before == current() => return Ok(None),
                Err(_) => {}
            }
        }
    }

    /// Refuses a call that would wait for a transaction that the same task has open.
    pub(crate) fn check_self_wait(&self, action: &'static str) -> Result<(), StoreError> {
        let task = self.loan_state().task;
        match task.is_some() && task == task::try_id() {
            true => Err(StoreError::Backend { action, source: Box::new(ProjectionFault::WaitsForItself) }),
            false => Ok(()),
        }
    }
}

impl Writing {
    async fn begin(&mut self, connections: &Connections, flush: Flush) -> Result<(), sqlx::Error> {
        if self.slot.connection.is_none() {
            // A new connection is not in doubt, and opening it may find the file locked too.
            self.slot.connection = Some(connections.connect(Role::Writer).await?);
            self.slot.flush = Some(Flush::AsConfigured);
        }
        if connections.options().synchronous == Synchronous::Full && self.slot.flush != Some(flush) {
            let set = match flush {
                Flush::AsConfigured => statement!("../sql/session.sql", "synchronous_full"),
                Flush::Later => statement!("../sql/session.sql", "synchronous_normal"),
            };
            self.slot.flush = None;
            sqlx::raw_sql(set).execute(self.connection()).await?;
            self.slot.flush = Some(flush);
        }
        let Slot { connection, checkpoint, .. } = &mut *self.slot;
        if let Some(connection) = connection {
            checkpoint.run_if_due(connection).await;
        }
        self.slot.in_doubt = true;
        self.open = true;
        Manager::begin(
            self.connection(),
            Some(SqlStr::from_static(statement!("../sql/session.sql", "begin"))),
        )
        .await?;
        if self.slot.beside.is_none() {
            self.slot.beside = Some(self.slot.file.files_beside());
        }
        Ok(())
    }

    /// The connection, within the transaction.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.slot.connection.as_mut().expect("the slot has a connection while a transaction is open")
    }

    /// The connection, borrowed immutably.
    pub(crate) fn as_connection(&self) -> &SqliteConnection {
        self.slot.connection.as_ref().expect("the slot has a connection while a transaction is open")
    }

    /// Commits. If that fails, nothing was written, unless writing to the disk failed, or a [`FileFault`] says that it was
    /// noticed after the commit.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if let Err(fault) = self.slot.check_files() {
            self.roll_back().await?;
            return Err(fault.into());
        }
        let committed = Manager::commit(self.connection()).await;
        self.end(committed).await?;
        // The file may have been moved between the check and the commit.
        self.slot.check_files().map_err(|fault| fault.after_commit().into())
    }

    pub(crate) async fn roll_back(mut self) -> Result<(), sqlx::Error> {
        let rolled_back = Manager::rollback(self.connection()).await;
        self.end(rolled_back).await
    }

    async fn end(&mut self, ended: Result<(), sqlx::Error>) -> Result<(), sqlx::Error> {
        self.open = false;
        let inside = self.as_connection().is_in_transaction();
        if ended.is_err() || inside {
            // Closing the connection rolls back the open transaction.
            self.slot.close().await;
        }
        self.slot.in_doubt = false;
        if ended.is_ok() && inside {
            return Err(sqlx::Error::Protocol("a savepoint was left open in the transaction".into()));
        }
        ended
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.open
            && let Some(connection) = &mut self.slot.connection
        {
            Manager::start_rollback(connection);
        }
    }
}

impl Slot {
    pub(super) fn new(file: &Arc<OpenFile>) -> Self {
        Self {
            connection: None,
            file: Arc::clone(file),
            beside: None,
            checkpoint: Checkpoint::of(file.log()),
            in_doubt: false,
            flush: None,
            closed: false,
        }
    }

    fn check_files(&self) -> Result<(), FileFault> {
        self.file.check()?;
        self.beside.as_ref().map_or(Ok(()), |opened| self.file.check_beside(opened))
    }

    /// Makes sure that the connection, if there is one, is not in a transaction.
    async fn resolve_doubt(&mut self) {
        if !self.in_doubt {
            return;
        }
        if let Some(connection) = &mut self.connection {
            let answers = connection.ping().await.is_ok();
            if !answers || connection.is_in_transaction() {
                self.close().await;
            }
        }
        self.in_doubt = false;
    }

    pub(super) async fn close_permanently(&mut self) {
        self.closed = true;
        self.close().await;
    }

    async fn close(&mut self) {
        self.beside = None;
        if let Some(connection) = self.connection.take() {
            shut(connection).await;
        }
    }
}

#[cfg(test)]
mod tests;
