//! Each call as one transaction, for servers behind a transaction pooler.
//!
//! sqlx prepares a statement and executes it in two steps, and such a pooler may send each step to another
//! connection of the server. There the statement is not known, or, if that connection was somebody else's, another
//! one is in its place. Inside a transaction both steps stay together.

use futures_core::future::BoxFuture;
use sqlx::{Executor, PgConnection, Postgres, pool::PoolConnection};

/// Runs a call between `begin` and `commit`. A caller that goes away in between takes the connection along: to
/// the pooler that is the end of the transaction.
pub(super) async fn run<T>(
    connection: &mut PoolConnection<Postgres>,
    call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let mut open = Open { connection, ended: false };
    open.connection.execute(include_str!("../sql/begin.sql")).await?;
    let outcome = call(open.connection).await;
    let end = match outcome {
        Ok(_) => include_str!("../sql/commit.sql"),
        Err(_) => include_str!("../sql/rollback.sql"),
    };
    let ended = open.connection.execute(end).await;
    open.ended = ended.is_ok();
    match (outcome, ended) {
        (Ok(value), Ok(_)) => Ok(value),
        (Ok(_), Err(error)) | (Err(error), _) => Err(error),
    }
}

/// A connection with a transaction that may be open.
struct Open<'a> {
    connection: &'a mut PoolConnection<Postgres>,
    ended: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
