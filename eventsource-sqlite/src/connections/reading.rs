//! The connections that read.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use eventsource_core::store::StoreError;
use futures_core::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{Connections, Role, closed, shut};
use crate::error::store_error;

/// How many times as long a call that reads whole tables may take.
const SCANS: u32 = 20;

/// The pool of connections that read, in use or idle.
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

/// A connection that returns to the pool when dropped: a running statement ends, because its rows are not read any
/// more.
pub(crate) struct PooledReader<'a> {
    readers: &'a Readers,
    connection: Option<SqliteConnection>,
    _permit: SemaphorePermit<'a>,
}

impl PooledReader<'_> {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("present until dropped")
    }

    /// Closes the connection after an error; the next read opens a new one.
    pub(crate) fn discard(mut self) {
        self.connection = None;
    }
}

impl Drop for PooledReader<'_> {
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

    /// Like [`read`](Self::read), for tables that are not the store's own, with another conversion of errors.
    pub(crate) async fn read_as<T>(
        &self,
        action: &'static str,
        convert: fn(&'static str, sqlx::Error) -> StoreError,
        read: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        self.read_within(self.call_timeout(), action, convert, read).await
    }

    /// Like [`read`](Self::read), for a call that reads whole tables.
    pub(crate) async fn scan<T>(
        &self,
        action: &'static str,
        read: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        self.read_within(self.call_timeout().saturating_mul(SCANS), action, store_error, read).await
    }

    async fn read_within<T>(
        &self,
        limit: Duration,
        action: &'static str,
        convert: fn(&'static str, sqlx::Error) -> StoreError,
        read: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        let mut reader = self.acquire_reader(action).await?;
        // A statement that is dropped returns its connection to the next call only after it has ended.
        let Ok(result) = timeout(limit, read(reader.connection())).await else {
            reader.discard();
            return Err(StoreError::TimedOut { action, limit, waiting_for: "the file" });
        };
        if result.is_err() {
            reader.discard();
        }
        result.map_err(|error| convert(action, error))
    }

    /// A connection for results that are processed while they are read.
    pub(crate) async fn acquire_reader(&self, action: &'static str) -> Result<PooledReader<'_>, StoreError> {
        self.check_open(action)?;
        self.check_file(action)?;
        let readers = &self.shared.readers;
        let waited = self.acquire_timeout();
        let permit = match timeout(waited, readers.free.acquire()).await {
            Ok(Ok(permit)) => permit,
            // The store was closed while this call waited.
            Ok(Err(_)) => return Err(closed(action)),
            Err(_) => return Err(StoreError::Exhausted { action, waited }),
        };
        let idle = readers.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect(Role::Reader).await.map_err(|error| store_error(action, error))?,
        };
        Ok(PooledReader { readers, connection: Some(connection), _permit: permit })
    }
}
