//! Where connections come from, and what is known of one that is handed out: it is in no transaction.
//!
//! sqlx 0.9 can put a connection back into its pool inside an open transaction, if the future of `begin()` is
//! dropped at the wrong moment; a statement that is executed on it later is acknowledged and never committed.
//! So the store's own pool is never given away, and nothing in this crate opens a transaction on it. A pool
//! that the user shares may have been used like that, so a connection from it is told to roll back first.

mod timeout;
mod transaction;

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
    /// Whether a pooler stands before the server, and each transaction may get another connection of it. Then
    /// statements do not stay prepared, and each call is a transaction.
    transaction_pooler: bool,
    /// Why no connection was to be had, lately.
    timeouts: Arc<Timeouts>,
}

impl Connections {
    pub(crate) fn own(pool: PgPool, transaction_pooler: bool) -> Self {
        Self { pool, shared: false, transaction_pooler, timeouts: Arc::default() }
    }

    pub(crate) fn shared(pool: PgPool) -> Self {
        Self { pool, shared: true, transaction_pooler: false, timeouts: Arc::default() }
    }

    pub(crate) async fn close(&self) {
        if !self.shared {
            self.pool.close().await;
        }
    }

    /// A statement of this crate. Its text is static, so it can be kept prepared.
    pub(crate) fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(!self.transaction_pooler)
    }

    /// A connection that is in no transaction. One of the store's own pool may turn out to be dead.
    pub(crate) async fn acquire(&self, action: &'static str) -> Result<PoolConnection<Postgres>, StoreError> {
        let mut connection = self.take(action).await?;
        if self.shared && roll_back(&mut connection).await.is_err() {
            drop(connection.detach());
            return self.acquire_live(action).await;
        }
        Ok(connection)
    }

    /// A connection that was seen alive just now. After a restart of the server the pool is full of dead ones,
    /// which are closed here one after the other.
    pub(crate) async fn acquire_live(
        &self,
        action: &'static str,
    ) -> Result<PoolConnection<Postgres>, StoreError> {
        let mut dead = 0;
        loop {
            let mut connection = self.take(action).await?;
            let seen = match self.shared {
                true => roll_back(&mut connection).await,
                false => connection.ping().await,
            };
            match seen {
                Ok(()) => return Ok(connection),
                Err(error) if dead > self.pool.options().get_max_connections() => {
                    return Err(store_error(action, error));
                }
                Err(_) => dead += 1,
            }
            drop(connection.detach());
        }
    }

    async fn take(&self, action: &'static str) -> Result<PoolConnection<Postgres>, StoreError> {
        let since = Instant::now();
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            Err(sqlx::Error::PoolTimedOut) => {
                Err(self.timeouts.explain(&self.pool, action, since.elapsed()).await)
            }
            Err(error) => Err(store_error(action, error)),
        }
    }

    /// Runs the statements of one call on this connection.
    pub(crate) async fn run<T>(
        &self,
        connection: &mut PoolConnection<Postgres>,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match self.transaction_pooler {
            true => transaction::run(connection, call).await,
            false => call(connection).await,
        }
    }

    /// Runs a read, and once more on a fresh connection if the first was lost: reading twice is harmless.
    pub(crate) async fn read<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let mut connection = self.acquire(action).await?;
        let mut outcome = self.run(&mut connection, &read).await;
        if outcome.as_ref().is_err_and(is_connection_lost) {
            drop(connection.detach());
            connection = self.acquire_live(action).await?;
            outcome = self.run(&mut connection, &read).await;
        }
        outcome.map_err(|error| {
            if is_read_only(&error) {
                drop(connection.detach());
            }
            store_error(action, error)
        })
    }
}

async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(include_str!("sql/rollback.sql")).await.map(drop)
}
