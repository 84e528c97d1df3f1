//! Where connections come from, and what is known of one that is handed out: it is in no transaction.
//!
//! sqlx 0.9 can put a connection back into its pool inside an open transaction, if the future of `begin()` is
//! dropped at the wrong moment; a statement that is executed on it later is acknowledged and never committed.
//! So the store's own pool is never given away, and a connection that was dropped inside a transaction is
//! closed. A pool that the user shares may have been used like that, so a connection from it is told to roll
//! back first.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource_core::store::StoreError;
use futures_core::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, Postgres, SqlStr, Transaction,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgPool},
    query::Query,
};
use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::error::{is_connection_lost, is_read_only, store_error};

/// How long the server may take to say why there is no connection.
const PROBE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pool: PgPool,
    kind: Kind,
    /// For those on which a statement may wait without end for a lock: some are left to others.
    patient: Arc<Semaphore>,
    /// Held while the server is asked why there is no connection, so that it is asked once at a time. When it was
    /// asked last without an answer.
    probing: Arc<Mutex<Option<Instant>>>,
}

/// What is known of the connections in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The store's own, each leading to one backend.
    Direct,
    /// The application uses the pool too.
    Shared,
    /// The store's own, to a pooler that gives each transaction another backend.
    Pooler,
}

impl Connections {
    pub(crate) fn new(pool: PgPool, kind: Kind) -> Self {
        let most = pool.options().get_max_connections().saturating_sub(2).max(1);
        let patient = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { pool, kind, patient, probing: Arc::default() }
    }

    /// Waits until one more statement may wait for a lock without end.
    pub(crate) async fn wait_in_line(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.patient.acquire().await.ok()
    }

    pub(crate) async fn close(&self) {
        if self.kind != Kind::Shared {
            self.pool.close().await;
        }
    }

    /// How long a call waits for a connection.
    pub(crate) fn patience(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }

    /// A statement of this crate. Its text is static, so it can be kept prepared.
    pub(crate) fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.kind != Kind::Pooler)
    }

    /// The same for a statement that is made at run time, of names that are quoted.
    pub(crate) fn query_of(&self, sql: SqlStr) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.kind != Kind::Pooler)
    }

    /// Where the connections lead; `None` behind a pooler, where no session is one's own.
    pub(crate) fn server(&self) -> Option<PgConnectOptions> {
        (self.kind != Kind::Pooler).then(|| PgConnectOptions::clone(&self.pool.connect_options()))
    }

    /// Opens a transaction, read committed whatever the default is. It takes the dead connections out of the
    /// pool that it meets.
    pub(crate) async fn begin(
        &self,
        action: &'static str,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        // On a task of its own, to its end: a `begin` that is dropped is what sqlx loses track of.
        let connections = self.clone();
        let begun = tokio::spawn(async move {
            let mut dead = 0;
            loop {
                let since = Instant::now();
                match connections.pool.begin_with(connections.begin_sql()).await {
                    Ok(transaction) => return Ok(transaction),
                    Err(sqlx::Error::PoolTimedOut) => {
                        return Err(connections.no_connection(action, since).await);
                    }
                    Err(error) if is_connection_lost(&error) && dead <= connections.pool.size() => dead += 1,
                    Err(error) => return Err(store_error(action, error)),
                }
            }
        });
        match begun.await {
            Ok(begun) => begun,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(cancelled) => Err(StoreError::Unavailable { action, source: Box::new(cancelled) }),
        }
    }

    fn begin_sql(&self) -> SqlStr {
        SqlStr::from_static(match self.kind {
            // Others may have left the connection inside a transaction.
            Kind::Shared => concat!(include_str!("sql/rollback.sql"), ";", include_str!("sql/begin.sql")),
            // What an application does in it is planned as everywhere else.
            Kind::Direct => concat!(
                include_str!("sql/begin.sql"),
                ";",
                include_str!("sql/allow_scans.sql"),
                ";",
                include_str!("sql/allow_jit.sql")
            ),
            Kind::Pooler => include_str!("sql/begin.sql"),
        })
    }

    /// A connection that is in no transaction. One of the store's own pool may turn out to be dead.
    pub(crate) async fn acquire(&self, action: &'static str) -> Result<PoolConnection<Postgres>, StoreError> {
        let mut connection = self.take(action).await?;
        if self.kind == Kind::Shared && roll_back(&mut connection).await.is_err() {
            drop(connection.detach());
            return self.acquire_live(action).await;
        }
        Ok(connection)
    }

    async fn take(&self, action: &'static str) -> Result<PoolConnection<Postgres>, StoreError> {
        let since = Instant::now();
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            Err(sqlx::Error::PoolTimedOut) => Err(self.no_connection(action, since).await),
            Err(error) => Err(store_error(action, error)),
        }
    }

    /// Why the pool had no connection in time. It tries again for as long as the server refuses, and forgets
    /// the reason; so the server is asked.
    async fn no_connection(&self, action: &'static str, since: Instant) -> StoreError {
        let (waited, given_up) = (since.elapsed(), Instant::now());
        let silent =
            || StoreError::Unavailable { action, source: "the server does not answer in a second".into() };
        let mut asked_in_vain = self.probing.lock().await;
        // Whoever was before has waited for all of those who had given up by then.
        if asked_in_vain.is_some_and(|asked| asked >= given_up) {
            return silent();
        }
        let asked = Instant::now();
        match timeout(PROBE, self.pool.connect_options().connect()).await {
            Ok(Ok(_)) => StoreError::Exhausted { action, waited },
            Ok(Err(error)) => store_error(action, error),
            Err(_) => {
                *asked_in_vain = Some(asked);
                silent()
            }
        }
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
            let seen = match self.kind {
                Kind::Shared => roll_back(&mut connection).await,
                Kind::Direct | Kind::Pooler => connection.ping().await,
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

    /// Makes a call on a connection, and gives the connection back unless it is lost, or leads to a server that
    /// is read-only: after a failover that may be the former primary, and the pool would go on handing it out.
    ///
    /// Behind a pooler the call is a transaction: sqlx prepares a statement and executes it in two steps, and
    /// between them the pooler could change the backend for one where another client's statement is prepared.
    pub(crate) async fn call<T>(
        &self,
        connection: PoolConnection<Postgres>,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, sqlx::Error> {
        self.call_unless(connection, |_| false, call).await.0
    }

    /// The same, and the connection stays with the caller where it would be given back. But not where others may be
    /// waiting for one: a caller who always has something to do would keep it for ever.
    pub(crate) async fn call_and_keep<T>(
        &self,
        connection: PoolConnection<Postgres>,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> (Result<T, sqlx::Error>, Option<PoolConnection<Postgres>>) {
        let (result, kept) = self.call_unless(connection, |_| false, call).await;
        let are_others_free =
            self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections();
        (result, kept.filter(|_| are_others_free))
    }

    /// The same, and closes the connection too if the result says that it is of no more use.
    async fn call_unless<T>(
        &self,
        connection: PoolConnection<Postgres>,
        spent: impl FnOnce(&T) -> bool + Send,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> (Result<T, sqlx::Error>, Option<PoolConnection<Postgres>>) {
        let mut lent = LentConnection { connection: Some(connection), close: self.kind == Kind::Pooler };
        let connection = lent.connection();
        let result = match self.kind {
            Kind::Direct | Kind::Shared => call(connection).await,
            Kind::Pooler => in_transaction(connection, call).await,
        };
        lent.close = match &result {
            Ok(value) => spent(value),
            Err(error) if is_connection_lost(error) || is_read_only(error) => true,
            // The server tells the error before it rolls back, and holds the horizon for as long. It is ready for
            // another query afterwards.
            Err(sqlx::Error::Database(_)) => lent.connection().ping().await.is_err(),
            Err(_) => false,
        };
        let kept = if lent.close { None } else { lent.connection.take() };
        (result, kept)
    }

    /// For an answer that is handed on while it comes: the connection is closed when it is dropped, unless it is taken
    /// back.
    pub(crate) async fn lend(
        &self,
        connection: PoolConnection<Postgres>,
    ) -> Result<LentConnection, sqlx::Error> {
        let mut lent = LentConnection { connection: Some(connection), close: true };
        if self.kind == Kind::Pooler {
            lent.connection().execute(include_str!("sql/begin.sql")).await?;
        }
        Ok(lent)
    }

    /// Gives a connection back whose answer was received to its end.
    pub(crate) async fn take_back(&self, mut lent: LentConnection) -> Result<(), sqlx::Error> {
        if self.kind == Kind::Pooler {
            lent.connection().execute(include_str!("sql/commit.sql")).await?;
        }
        lent.close = false;
        Ok(())
    }

    /// Gives a connection back if the server ended its answer with this error and it is of use all the same.
    pub(crate) fn take_back_after(&self, mut lent: LentConnection, error: &sqlx::Error) {
        let has_ended = matches!(error, sqlx::Error::Database(_)) && self.kind != Kind::Pooler;
        lent.close = !has_ended || is_connection_lost(error) || is_read_only(error);
    }

    /// Runs a read, and once more on a fresh connection if the first was lost: reading twice is harmless.
    pub(crate) async fn read<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        self.fetch(action, store_error, read).await
    }

    /// The same for a read that may end before the server has sent all of its answer. Where what is on its way is
    /// much, the connection is closed: it would have to be received before the connection is used again.
    pub(crate) async fn read_part<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<Part<T>, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let much = |part: &Part<T>| part.much_is_left;
        let mut settled = self.call_unless(self.acquire(action).await?, much, &read).await.0;
        if settled.as_ref().is_err_and(is_connection_lost) {
            settled = self.call_unless(self.acquire_live(action).await?, much, &read).await.0;
        }
        settled.map(|part| part.read).map_err(|error| store_error(action, error))
    }

    /// The same for tables that are not the store's own, with another meaning of errors.
    pub(crate) async fn fetch<T>(
        &self,
        action: &'static str,
        meaning: fn(&'static str, sqlx::Error) -> StoreError,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let mut settled = self.call(self.acquire(action).await?, &read).await;
        if settled.as_ref().is_err_and(is_connection_lost) {
            settled = self.call(self.acquire_live(action).await?, &read).await;
        }
        settled.map_err(|error| meaning(action, error))
    }
}

/// What was read of an answer.
pub(crate) struct Part<T> {
    pub(crate) read: T,
    /// Whether the server sends on, and how much is nothing to wait for.
    pub(crate) much_is_left: bool,
}

/// For connections of the store's own, on which statements stay prepared: a plan that was made while a table was
/// nearly empty reads all of it, and is kept while the table grows, until it is analyzed.
pub(crate) async fn plan_for_growth(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SETTINGS: &str =
        concat!(include_str!("sql/avoid_scans.sql"), ";", include_str!("sql/avoid_jit.sql"));
    connection.execute(SETTINGS).await.map(|_| ())
}

async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(include_str!("sql/rollback.sql")).await.map(|_| ())
}

/// A connection that goes back to its pool when dropped, or is closed if what it was doing may not have ended.
pub(crate) struct LentConnection {
    connection: Option<PoolConnection<Postgres>>,
    close: bool,
}

impl LentConnection {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("lent until dropped")
    }
}

impl Drop for LentConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.close) {
            drop(connection.detach());
        }
    }
}

/// Read committed, whatever the default is: the log is read in a snapshot younger than its horizon.
async fn in_transaction<T>(
    connection: &mut PgConnection,
    call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
) -> Result<T, sqlx::Error> {
    connection.execute(include_str!("sql/begin.sql")).await?;
    let result = call(connection).await;
    let end = if result.is_ok() { include_str!("sql/commit.sql") } else { include_str!("sql/rollback.sql") };
    let ended = connection.execute(end).await;
    // A call that failed did so for its own reason, whatever the rollback says.
    result.and_then(|value| ended.map(|_| value))
}
