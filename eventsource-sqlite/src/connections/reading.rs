//! The connections that read.

use std::sync::{Mutex, PoisonError};

use eventsource_core::store::StoreError;
use futures_core::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{Connections, Role, closed, shut};
use crate::error::store_error;

/// Those that read, in use or idle.
#[derive(Debug)]
pub(super) struct Readers {
    free: Semaphore,
    limit: u32,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    pub(super) fn new(limit: usize) -> Self {
        let limit = u32::try_from(limit.max(1)).unwrap_or(u32::MAX).min(1 << 20);
        Self { free: Semaphore::new(limit as usize), limit, idle: Mutex::default() }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        let _all = self.free.acquire_many(self.limit).await;
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            shut(connection).await;
        }
    }
}

/// A connection that goes back to the idle ones when dropped: a statement under way ends by itself, because nobody
/// takes its rows.
pub(crate) struct LentReader<'a> {
    readers: &'a Readers,
    connection: Option<SqliteConnection>,
    _turn: SemaphorePermit<'a>,
}

impl LentReader<'_> {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("lent until dropped")
    }

    /// After an error: whatever it was, a new one may be better.
    pub(crate) fn forget(mut self) {
        self.connection = None;
    }
}

impl Drop for LentReader<'_> {
    fn drop(&mut self) {
        self.readers.idle().extend(self.connection.take());
    }
}

impl Connections {
    /// Reads on a connection that is in no transaction: each statement sees what was committed before it began.
    pub(crate) async fn read<T>(
        &self,
        action: &'static str,
        read: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        self.read_as(action, store_error, read).await
    }

    /// The same for tables that are not the store's own, with another meaning of errors.
    pub(crate) async fn read_as<T>(
        &self,
        action: &'static str,
        meaning: fn(&'static str, sqlx::Error) -> StoreError,
        read: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        let mut lent = self.lend_reader(action).await?;
        let result = read(lent.connection()).await;
        if result.is_err() {
            lent.forget();
        }
        result.map_err(|error| meaning(action, error))
    }
    /// For an answer that is handed on while it comes.
    pub(crate) async fn lend_reader(&self, action: &'static str) -> Result<LentReader<'_>, StoreError> {
        self.check_open(action)?;
        let readers = &self.shared.readers;
        let waited = self.patience();
        let turn = match timeout(waited, readers.free.acquire()).await {
            Ok(Ok(turn)) => turn,
            // It asked before the store was closed, and came after.
            Ok(Err(_)) => return Err(closed(action)),
            Err(_) => return Err(StoreError::Exhausted { action, waited }),
        };
        let idle = readers.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect(Role::Reader).await.map_err(|error| store_error(action, error))?,
        };
        Ok(LentReader { readers, connection: Some(connection), _turn: turn })
    }
}
