//! The one connection that writes, with a transaction open on it.
//!
//! What became of a transaction is not always known: its future may be dropped at any await point, a commit may
//! fail half way, and on a full disk SQLite rolls back by itself where sqlx believes that the transaction is still
//! open. So a connection is in doubt from before `begin` until `commit` or `rollback` has succeeded. Whoever gets one
//! in doubt waits until its worker has done what was asked of it before, the rollback that a drop asks for included,
//! and takes a new one if it is in a transaction all the same.

use std::{
    path::Path,
    sync::{MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use eventsource_core::store::StoreError;
use sqlx::{Connection, SqlStr, Sqlite, SqliteConnection};
use sqlx_core::{database::Database, transaction::TransactionManager};
use tokio::{sync::OwnedMutexGuard, task, time::timeout};

use super::{Connections, Role, checkpoint::Checkpoint, closed, shut};
use crate::{
    ProjectionFault, Synchronous,
    error::{is_busy, store_error},
};

type Manager = <Sqlite as Database>::TransactionManager;

/// The place of the connection that writes.
#[derive(Debug)]
pub(super) struct Slot {
    connection: Option<SqliteConnection>,
    checkpoint: Checkpoint,
    /// Whether a transaction may be open on it.
    in_doubt: bool,
    /// How it commits, if that is known.
    flush: Option<Flush>,
    /// Whether there is none any more.
    closed: bool,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// What the options say.
    AsSet,
    /// Nothing: a commit that waits for the disk takes along all that was committed before it, so after a loss of power
    /// this one may be gone, and nothing else without all that came after it. For what is made again from events.
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
    "another process has been writing to the file for {waited:?}; let it write less at a time, or set a longer \
     `busy_timeout`"
)]
struct Busy {
    waited: Duration,
    source: sqlx::Error,
}

impl Connections {
    /// Begins to write, when those who asked before have ended. Nobody else writes to the file until the
    /// transaction has ended, in whatever process.
    pub(crate) async fn begin(&self, action: &'static str) -> Result<Writing, StoreError> {
        self.begin_within(action, self.patience(), self.options().busy_timeout).await
    }

    /// The same, waiting no longer than this for others in this process, and in other processes.
    pub(crate) async fn begin_within(
        &self,
        action: &'static str,
        waited: Duration,
        busy_timeout: Duration,
    ) -> Result<Writing, StoreError> {
        self.begin_as(action, waited, busy_timeout, Flush::AsSet).await
    }

    /// The same as [`begin`](Self::begin) with another way to commit.
    pub(crate) async fn begin_to_commit(
        &self,
        action: &'static str,
        flush: Flush,
    ) -> Result<Writing, StoreError> {
        self.begin_as(action, self.patience(), self.options().busy_timeout, flush).await
    }

    async fn begin_as(
        &self,
        action: &'static str,
        waited: Duration,
        busy_timeout: Duration,
        flush: Flush,
    ) -> Result<Writing, StoreError> {
        self.check_open(action)?;
        self.check_lent(action)?;
        let slot = timeout(waited, self.shared.writer.clone().lock_owned()).await;
        let mut writing = match slot {
            Ok(slot) => Writing { slot, open: false },
            Err(_) if self.lent().now => {
                let source = Box::new(ProjectionFault::Held { waited });
                return Err(StoreError::Cancelled { action, source });
            }
            Err(_) => return Err(StoreError::Exhausted { action, waited }),
        };
        if writing.slot.closed {
            return Err(closed(action));
        }
        writing.slot.settle().await;
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

/// That a task has a transaction in hand for code of the application. What that code asks of the store meanwhile would
/// wait for itself.
pub(crate) struct Loan(Connections);

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct LoanState {
    task: Option<task::Id>,
    /// How many there have been, and whether one is now.
    number: u64,
    now: bool,
}

impl Drop for Loan {
    fn drop(&mut self) {
        let mut lent = self.0.lent();
        (lent.task, lent.now) = (None, false);
    }
}

impl Connections {
    fn lent(&self) -> MutexGuard<'_, LoanState> {
        self.shared.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be dropped before the transaction that is lent.
    pub(crate) fn lend(&self) -> Loan {
        let mut lent = self.lent();
        *lent = LoanState { task: task::try_id(), number: lent.number + 1, now: true };
        drop(lent);
        Loan(self.clone())
    }

    /// Begins to write, unless somebody has a transaction in hand for as long as this, here or in another process.
    pub(crate) async fn begin_unless_held(
        &self,
        action: &'static str,
        held: Duration,
    ) -> Result<Option<Writing>, StoreError> {
        let current = || {
            let lent = self.lent();
            lent.now.then_some(lent.number)
        };
        let mut begun = std::pin::pin!(self.begin_within(action, self.patience(), held));
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

    /// Refuses what would wait for a transaction that the same task has open.
    pub(crate) fn check_lent(&self, action: &'static str) -> Result<(), StoreError> {
        let task = self.lent().task;
        match task.is_some() && task == task::try_id() {
            true => Err(StoreError::Backend { action, source: Box::new(ProjectionFault::WaitsForItself) }),
            false => Ok(()),
        }
    }
}

impl Writing {
    async fn begin(&mut self, connections: &Connections, flush: Flush) -> Result<(), sqlx::Error> {
        if self.slot.connection.is_none() {
            // Of a new one nothing is in doubt, and opening it may find the file locked as well.
            self.slot.connection = Some(connections.connect(Role::Writer).await?);
            self.slot.flush = Some(Flush::AsSet);
        }
        if connections.options().synchronous == Synchronous::Full && self.slot.flush != Some(flush) {
            let set = match flush {
                Flush::AsSet => include_str!("../sql/flush_with_commit.sql"),
                Flush::Later => include_str!("../sql/flush_later.sql"),
            };
            self.slot.flush = None;
            sqlx::raw_sql(set).execute(self.connection()).await?;
            self.slot.flush = Some(flush);
        }
        let Slot { connection, checkpoint, .. } = &mut *self.slot;
        if let Some(connection) = connection {
            checkpoint.make_if_due(connection).await;
        }
        self.slot.in_doubt = true;
        self.open = true;
        Manager::begin(self.connection(), Some(SqlStr::from_static(include_str!("../sql/begin.sql"))))
            .await?;
        Ok(())
    }

    /// The connection, within the transaction.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.slot.connection.as_mut().expect("a connection is there for as long as somebody writes")
    }

    /// The same for who only looks.
    pub(crate) fn as_connection(&self) -> &SqliteConnection {
        self.slot.connection.as_ref().expect("a connection is there for as long as somebody writes")
    }

    /// Commits. If that fails, nothing was written, unless the error is one of writing to the disk.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let committed = Manager::commit(self.connection()).await;
        self.end(committed).await
    }

    pub(crate) async fn roll_back(mut self) -> Result<(), sqlx::Error> {
        let rolled_back = Manager::rollback(self.connection()).await;
        self.end(rolled_back).await
    }

    async fn end(&mut self, ended: Result<(), sqlx::Error>) -> Result<(), sqlx::Error> {
        self.open = false;
        let inside = self.as_connection().is_in_transaction();
        if ended.is_err() || inside {
            // It is closed, which rolls back what is open.
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
    pub(super) fn new(file: &Path) -> Self {
        Self {
            connection: None,
            checkpoint: Checkpoint::of(file),
            in_doubt: false,
            flush: None,
            closed: false,
        }
    }

    /// Makes sure that the connection, if there is one, is in no transaction.
    async fn settle(&mut self) {
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

    pub(super) async fn close_for_good(&mut self) {
        self.closed = true;
        self.close().await;
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            shut(connection).await;
        }
    }
}

#[cfg(test)]
mod tests;
