//! Where connections come from, and what is known of one that is handed out: it is in no transaction.
//!
//! sqlx 0.9 can put a connection back into its pool inside an open transaction, if the future of `begin()` is
//! dropped at the wrong moment; a statement that is executed on it later is acknowledged and never committed.
//! So the store's own pool is never given away, and nothing in this crate opens a transaction on it. A pool
//! that the user shares may have been used like that, so a connection from it is told to roll back first.

mod timeout;

use std::{sync::Arc, time::Instant};

use eventsource_core::store::StoreError;
use futures_core::future::BoxFuture;
use sqlx::{
    Connection, Executor, PgConnection, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgPool},
    query::Query,
};

use crate::error::{is_connection_lost, is_read_only, store_error};
use timeout::Timeouts;

#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pool: PgPool,
    /// Whether others use the pool too.
    shared: bool,
    /// Whether statements stay prepared on their connection.
    persistent: bool,
    /// Why no connection was to be had, lately.
    timeouts: Arc<Timeouts>,
}

impl Connections {
    pub(crate) fn own(pool: PgPool, persistent: bool) -> Self {
        Self { pool, shared: false, persistent, timeouts: Arc::default() }
    }

    pub(crate) fn shared(pool: PgPool) -> Self {
        Self { pool, shared: true, persistent: true, timeouts: Arc::default() }
    }

    pub(crate) fn is_persistent(&self) -> bool {
        self.persistent
    }

    pub(crate) async fn close(&self) {
        if !self.shared {
            self.pool.close().await;
        }
    }

    /// A statement of this crate. Its text is static, so it can be kept prepared.
    pub(crate) fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.persistent)
    }

    pub(crate) async fn acquire(&self, action: &'static str) -> Result<PoolConnection<Postgres>, StoreError> {
        let since = Instant::now();
        let mut connection = match self.pool.acquire().await {
            Ok(connection) => connection,
            Err(sqlx::Error::PoolTimedOut) => {
                return Err(self.timeouts.explain(&self.pool, action, since.elapsed()).await);
            }
            Err(error) => return Err(store_error(action, error)),
        };
        if self.shared {
            // On error the connection is dropped, and the pool finds out.
            connection
                .execute(include_str!("sql/rollback.sql"))
                .await
                .map_err(|error| store_error(action, error))?;
        }
        Ok(connection)
    }

    /// A connection that was seen alive just now. After a restart of the server the pool is full of dead ones,
    /// which are closed here one after the other.
    pub(crate) async fn acquire_live(
        &self,
        action: &'static str,
    ) -> Result<PoolConnection<Postgres>, StoreError> {
        for _ in 0..=self.pool.options().get_max_connections() {
            let mut connection = match self.acquire(action).await {
                Ok(connection) => connection,
                // Of a shared pool, the rollback was the first to notice.
                Err(StoreError::Unavailable { .. }) if self.shared => continue,
                Err(error) => return Err(error),
            };
            if connection.ping().await.is_ok() {
                return Ok(connection);
            }
            drop(connection.detach());
        }
        self.acquire(action).await
    }

    /// Runs a read, and once more on a fresh connection if the first was lost: reading twice is harmless.
    pub(crate) async fn read<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let first = match self.acquire(action).await {
            Ok(mut connection) => match read(&mut connection).await {
                Err(error) if is_connection_lost(&error) => {
                    drop(connection.detach());
                    None
                }
                Err(error) if is_read_only(&error) => {
                    drop(connection.detach());
                    Some(Err(error))
                }
                settled => Some(settled),
            },
            Err(StoreError::Unavailable { .. }) if self.shared => None,
            Err(error) => return Err(error),
        };
        let settled = match first {
            Some(settled) => settled,
            None => read(&mut *self.acquire_live(action).await?).await,
        };
        settled.map_err(|error| store_error(action, error))
    }
}
