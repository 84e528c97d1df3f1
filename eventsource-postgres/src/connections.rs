//! The connection pool of a store. A connection that is acquired here is not in a transaction.
//!
//! sqlx 0.9 can return a connection to its pool inside an open transaction, if the future of `begin()` is dropped at the
//! wrong moment; a statement that is executed on it later is acknowledged and never committed. So the store never
//! exposes its own pool, and a connection that was dropped inside a transaction is closed. The application may have
//! dropped a `begin()` on a pool that it shares with the store, so each connection of such a pool is rolled back first.

mod deadline;
mod guard;
mod settings;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource_core::store::StoreError;
use eventsource_sql::statement;
use futures_core::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, Postgres, SqlStr,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgPool},
    query::Query,
};
use sqlx_core::{database::Database, transaction::TransactionManager};
use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::timeout,
};

pub(crate) use deadline::{Deadline, TimedOut};
pub(crate) use guard::ConnectionGuard;
pub(crate) use settings::{limit_lock_waits, plan_for_growth};

use crate::error::{is_connection_lost, is_read_only, is_relation_dropped, is_runtime_ended, store_error};

/// Begins and ends transactions on a connection.
type Manager = <Postgres as Database>::TransactionManager;

/// How many times as long a call that reads whole tables may take.
const SCANS: u32 = 20;

/// How long to wait for a new connection that shows why the pool had none.
const PROBE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pool: PgPool,
    kind: Kind,
    /// How long a call may take.
    call_timeout: Duration,
    /// Permits to wait for a lock without a lock timeout. There are fewer permits than connections, so that other calls
    /// still get connections.
    lock_waits: Arc<Semaphore>,
    /// Held while the server is probed, so that there is one probe at a time. The value is the start of the last probe
    /// that got no answer.
    last_unanswered_probe: Arc<Mutex<Option<Instant>>>,
}

/// How the connections of the pool may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The pool is the store's own, and each connection has one backend.
    Direct,
    /// The application uses the pool too.
    Shared,
    /// The pool is the store's own, through a pooler that may give each transaction a different backend.
    Pooler,
}

impl Connections {
    pub(crate) fn new(pool: PgPool, kind: Kind, call_timeout: Duration) -> Self {
        let most = pool.options().get_max_connections().saturating_sub(2).max(1);
        let lock_waits = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { pool, kind, call_timeout, lock_waits, last_unanswered_probe: Arc::default() }
    }

    /// The same connections for calls that read whole tables.
    pub(crate) fn for_scans(&self) -> Self {
        Self { call_timeout: self.call_timeout.saturating_mul(SCANS), ..self.clone() }
    }

    /// The end of a call that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.call_timeout)
    }

    /// Limits a call that consists of several steps. It must close its connection when it is dropped.
    pub(crate) async fn limited<T, E: From<StoreError>>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let deadline = self.deadline();
        match deadline.wait(deadline::ANSWER, call).await {
            Ok(result) => result,
            Err(timed_out) => Err(timed_out.of(action).into()),
        }
    }

    /// Waits for a permit to wait for a lock without a lock timeout.
    pub(crate) async fn wait_for_lock_permit(
        &self,
        deadline: Deadline,
    ) -> Result<Option<SemaphorePermit<'_>>, TimedOut> {
        // The semaphore is never closed.
        deadline.wait(deadline::LOCK, self.lock_waits.acquire()).await.map(Result::ok)
    }

    pub(crate) async fn close(&self) {
        if self.kind != Kind::Shared {
            self.pool.close().await;
        }
    }

    /// How long a call waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }

    /// A statement of this crate. Its text is static, so it stays prepared.
    pub(crate) fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.kind != Kind::Pooler)
    }

    /// Like [`query`](Self::query), for a statement that is built at run time from quoted names.
    pub(crate) fn query_of(&self, sql: SqlStr) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.kind != Kind::Pooler)
    }

    /// The server of the connections; `None` behind a pooler, where no session belongs to one client.
    pub(crate) fn server(&self) -> Option<PgConnectOptions> {
        (self.kind != Kind::Pooler).then(|| PgConnectOptions::clone(&self.pool.connect_options()))
    }

    /// Begins a transaction, read committed whatever the default isolation level is. Dead connections that it finds are
    /// removed from the pool. The connection is closed when the guard is dropped: sqlx would lose track of a `begin` that
    /// is dropped.
    pub(crate) async fn begin(&self, action: &'static str) -> Result<ConnectionGuard, StoreError> {
        let deadline = self.deadline();
        let mut dead = 0;
        loop {
            let connection = self.take(action, deadline).await?;
            let mut guard = ConnectionGuard::of(connection, true);
            let begun = deadline.statement(Manager::begin(guard.connection(), Some(self.begin_sql())));
            match begun.await {
                Ok(()) => return Ok(guard),
                Err(error)
                    if is_connection_lost(&error) && !deadline.has_passed() && dead <= self.pool.size() =>
                {
                    self.discard_idle_after(&error);
                    dead += 1;
                }
                Err(error) => return Err(store_error(action, error)),
            }
        }
    }

    fn begin_sql(&self) -> SqlStr {
        SqlStr::from_static(match self.kind {
            // The application may have left the connection inside a transaction.
            Kind::Shared => statement!("sql/session.sql", ["rollback", "begin"]),
            // Statements of the application in this transaction are planned with the server's own settings.
            Kind::Direct => statement!("sql/session.sql", ["begin", "allow_scans", "allow_jit"]),
            Kind::Pooler => statement!("sql/session.sql", "begin"),
        })
    }

    /// A connection that is not in a transaction. A connection of the store's own pool may turn out to be dead.
    pub(crate) async fn acquire(
        &self,
        action: &'static str,
        deadline: Deadline,
    ) -> Result<PoolConnection<Postgres>, StoreError> {
        let connection = self.take(action, deadline).await?;
        if self.kind != Kind::Shared {
            return Ok(connection);
        }
        let mut guard = ConnectionGuard::of(connection, true);
        if deadline.statement(roll_back(guard.connection())).await.is_err() {
            drop(guard);
            return self.acquire_live(action, deadline).await;
        }
        Ok(guard.release())
    }

    /// Closes the idle connections if this error says that the runtime that opened the connection has ended. A ping does
    /// not show reliably that they are lost: it succeeds if the server answers before it has to wait.
    fn discard_idle_after(&self, error: &sqlx::Error) {
        if is_runtime_ended(error) {
            for _ in 0..self.pool.num_idle() {
                self.pool.try_acquire().map(PoolConnection::detach);
            }
        }
    }

    async fn take(
        &self,
        action: &'static str,
        deadline: Deadline,
    ) -> Result<PoolConnection<Postgres>, StoreError> {
        let since = Instant::now();
        match deadline.wait(deadline::CONNECTION, self.pool.acquire()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(sqlx::Error::PoolTimedOut)) => Err(self.no_connection(action, since).await),
            Ok(Err(error)) => Err(store_error(action, error)),
            Err(timed_out) => Err(timed_out.of(action)),
        }
    }

    /// The reason why the pool had no connection in time. The pool retries while the server refuses connections, and
    /// discards the error, so the server is probed here.
    async fn no_connection(&self, action: &'static str, since: Instant) -> StoreError {
        let (waited, given_up) = (since.elapsed(), Instant::now());
        let no_answer =
            || StoreError::Unavailable { action, source: "the server did not answer within a second".into() };
        let mut unanswered = self.last_unanswered_probe.lock().await;
        // A probe that began after this call gave up covers this call too.
        if unanswered.is_some_and(|probed| probed >= given_up) {
            return no_answer();
        }
        let probed = Instant::now();
        match timeout(PROBE, self.pool.connect_options().connect()).await {
            Ok(Ok(_)) => StoreError::Exhausted { action, waited },
            Ok(Err(error)) => store_error(action, error),
            Err(_) => {
                *unanswered = Some(probed);
                no_answer()
            }
        }
    }

    /// A connection that has just answered. After a restart of the server the pool is full of dead connections, which
    /// are closed here one by one.
    pub(crate) async fn acquire_live(
        &self,
        action: &'static str,
        deadline: Deadline,
    ) -> Result<PoolConnection<Postgres>, StoreError> {
        let mut dead = 0;
        loop {
            let connection = self.take(action, deadline).await?;
            let mut guard = ConnectionGuard::of(connection, true);
            let seen = match self.kind {
                Kind::Shared => deadline.statement(roll_back(guard.connection())).await,
                Kind::Direct | Kind::Pooler => deadline.statement(guard.connection().ping()).await,
            };
            match seen {
                Ok(()) => return Ok(guard.release()),
                Err(error) if deadline.has_passed() || dead > self.pool.options().get_max_connections() => {
                    return Err(store_error(action, error));
                }
                Err(_) => dead += 1,
            }
        }
    }

    /// Makes a call on a connection, and returns the connection to the pool unless it is lost or its server is
    /// read-only: after a failover that may be the former primary, and the pool would hand the connection out again.
    ///
    /// Behind a pooler the call is a transaction: sqlx prepares and executes a statement in two steps, and between them
    /// the pooler could switch to a backend on which another client's statement is prepared.
    pub(crate) async fn call<T>(
        &self,
        connection: PoolConnection<Postgres>,
        deadline: Deadline,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> Result<T, sqlx::Error> {
        self.call_unless(connection, deadline, |_| false, call).await.0
    }

    /// Like [`call`](Self::call), but returns the connection to the caller instead of the pool. Not if other calls may be
    /// waiting for a connection: a caller that always has work would keep it forever.
    pub(crate) async fn call_and_keep<T>(
        &self,
        connection: PoolConnection<Postgres>,
        deadline: Deadline,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> (Result<T, sqlx::Error>, Option<PoolConnection<Postgres>>) {
        let (result, kept) = self.call_unless(connection, deadline, |_| false, call).await;
        let is_pool_free =
            self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections();
        (result, kept.filter(|_| is_pool_free))
    }

    /// Like [`call_and_keep`](Self::call_and_keep), and also closes the connection if `must_close` says so.
    async fn call_unless<T>(
        &self,
        connection: PoolConnection<Postgres>,
        deadline: Deadline,
        must_close: impl FnOnce(&T) -> bool + Send,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
    ) -> (Result<T, sqlx::Error>, Option<PoolConnection<Postgres>>) {
        let mut guard = ConnectionGuard::of(connection, self.kind == Kind::Pooler);
        let connection = guard.connection();
        let result = match self.kind {
            Kind::Direct | Kind::Shared => deadline.statement(call(connection)).await,
            Kind::Pooler => deadline.statement(in_transaction(connection, call)).await,
        };
        if let Err(error) = &result {
            self.discard_idle_after(error);
        }
        guard.close = match &result {
            Ok(value) => must_close(value),
            Err(error) if is_connection_lost(error) || is_read_only(error) => true,
            // The server reports the error before it rolls back, and until then the transaction holds the horizon back.
            // The server answers a ping only after the rollback.
            Err(sqlx::Error::Database(_)) => {
                guard.close = true;
                deadline.statement(guard.connection().ping()).await.is_err()
            }
            Err(_) => false,
        };
        (result, guard.into_kept())
    }

    /// Runs a read, and repeats it on another connection if the first one was lost: reading twice is harmless.
    pub(crate) async fn read<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        self.fetch(action, store_error, read).await
    }

    /// Like [`read`](Self::read), for a read that may end before the server has sent the whole result. If the rest of the
    /// result is large, the connection is closed: the rest would have to be received before the connection could be
    /// used again.
    pub(crate) async fn read_part<T>(
        &self,
        action: &'static str,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<Part<T>, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let (has_large_rest, deadline) = (|part: &Part<T>| part.has_large_rest, self.deadline());
        let connection = self.acquire(action, deadline).await?;
        let mut result = self.call_unless(connection, deadline, has_large_rest, &read).await.0;
        if result.as_ref().is_err_and(is_connection_lost) && !deadline.has_passed() {
            let connection = self.acquire_live(action, deadline).await?;
            result = self.call_unless(connection, deadline, has_large_rest, &read).await.0;
        }
        result.map(|part| part.read).map_err(|error| store_error(action, error))
    }

    /// Like [`read`](Self::read), with another conversion of errors: for tables of the application.
    pub(crate) async fn fetch<T>(
        &self,
        action: &'static str,
        convert_error: fn(&'static str, sqlx::Error) -> StoreError,
        read: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> Result<T, StoreError> {
        let deadline = self.deadline();
        let mut result = self.call(self.acquire(action, deadline).await?, deadline, &read).await;
        if result.as_ref().is_err_and(is_connection_lost) && !deadline.has_passed() {
            result = self.call(self.acquire_live(action, deadline).await?, deadline, &read).await;
        }
        for repetition in 0..REPETITIONS_OF_A_READ {
            if !result.as_ref().is_err_and(is_relation_dropped) || deadline.has_passed() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1 << repetition)).await;
            result = self.call(self.acquire(action, deadline).await?, deadline, &read).await;
        }
        result.map_err(|error| convert_error(action, error))
    }
}

/// How often a read of a table is repeated because the table was dropped meanwhile, after 1, 2, 4, … milliseconds, about a
/// second in all. A commit is visible some time before other sessions are told to forget what they know of the tables that it
/// has dropped, and on a busy machine the server may be interrupted in between: repeated at once, the read fails again.
const REPETITIONS_OF_A_READ: u32 = 10;

/// The part of a result that was read.
pub(crate) struct Part<T> {
    pub(crate) read: T,
    /// Whether the server still sends rows, too many to receive and discard.
    pub(crate) has_large_rest: bool,
}

async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(statement!("sql/session.sql", "rollback")).await.map(|_| ())
}

/// Read committed, whatever the default isolation level is: the log is read in a snapshot taken after its horizon.
async fn in_transaction<T>(
    connection: &mut PgConnection,
    call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send,
) -> Result<T, sqlx::Error> {
    connection.execute(statement!("sql/session.sql", "begin")).await?;
    let result = call(connection).await;
    let end = if result.is_ok() {
        statement!("sql/session.sql", "commit")
    } else {
        statement!("sql/session.sql", "rollback")
    };
    let ended = connection.execute(end).await;
    // The error of the call takes precedence over one of the rollback.
    result.and_then(|value| ended.map(|_| value))
}
