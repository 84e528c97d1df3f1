//! The owner of a connection while it is used: it decides whether the connection returns to the pool.

use eventsource_sql::statement;
use sqlx::{Executor, PgConnection, Postgres, pool::PoolConnection};
use sqlx_core::transaction::TransactionManager;

use super::{Connections, Kind, Manager};
use crate::error::{is_connection_lost, is_read_only};

/// A connection that returns to its pool when it is dropped, or is closed if a call on it may not have completed.
pub(crate) struct ConnectionGuard {
    connection: Option<PoolConnection<Postgres>>,
    pub(super) close: bool,
}

impl ConnectionGuard {
    pub(super) fn of(connection: PoolConnection<Postgres>, close: bool) -> Self {
        Self { connection: Some(connection), close }
    }

    /// The connection, unless it is to be closed.
    pub(super) fn into_kept(mut self) -> Option<PoolConnection<Postgres>> {
        if self.close { None } else { self.connection.take() }
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("present until the guard is dropped")
    }

    pub(crate) fn as_connection(&self) -> &PgConnection {
        self.connection.as_ref().expect("present until the guard is dropped")
    }

    pub(super) fn release(mut self) -> PoolConnection<Postgres> {
        self.connection.take().expect("present until the guard is dropped")
    }

    /// Commits the transaction on the connection. It returns to the pool if that succeeds, and is closed otherwise.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        Manager::commit(self.connection()).await?;
        self.close = false;
        Ok(())
    }

    /// Rolls the transaction on the connection back. It returns to the pool if that succeeds, and is closed otherwise.
    pub(crate) async fn roll_back(mut self) -> Result<(), sqlx::Error> {
        Manager::rollback(self.connection()).await?;
        self.close = false;
        Ok(())
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.close) {
            drop(connection.detach());
        }
    }
}

impl Connections {
    /// Guards a connection whose result is streamed: the connection is closed when the guard is dropped, unless it is
    /// returned to the pool first.
    pub(crate) async fn guard(
        &self,
        connection: PoolConnection<Postgres>,
    ) -> Result<ConnectionGuard, sqlx::Error> {
        let mut guard = ConnectionGuard::of(connection, true);
        if self.kind == Kind::Pooler {
            let begin = guard.connection().execute(statement!("../sql/session.sql", "begin"));
            self.deadline().statement(begin).await?;
        }
        Ok(guard)
    }

    /// Returns a connection to the pool whose result was received completely.
    pub(crate) async fn give_back(&self, mut guard: ConnectionGuard) -> Result<(), sqlx::Error> {
        if self.kind == Kind::Pooler {
            let commit = guard.connection().execute(statement!("../sql/session.sql", "commit"));
            self.deadline().statement(commit).await?;
        }
        guard.close = false;
        Ok(())
    }

    /// Returns a connection to the pool if the server ended the result with this error, and the connection is still
    /// usable.
    pub(crate) fn give_back_after(&self, mut guard: ConnectionGuard, error: &sqlx::Error) {
        self.discard_idle_after(error);
        let has_ended = matches!(error, sqlx::Error::Database(_)) && self.kind != Kind::Pooler;
        guard.close = is_connection_lost(error) || is_read_only(error) || !has_ended;
    }
}
