//! How a store is connected.

use std::{str::FromStr, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::{
    OpenError, PostgresStore,
    connections::{Connections, Kind, plan_for_growth},
};

/// How a [`PostgresStore`] is connected: the server, how many connections, how long to wait.
///
/// ```no_run
/// # async fn example() -> Result<(), eventsource_postgres::OpenError> {
/// use std::time::Duration;
/// use eventsource_postgres::PostgresOptions;
///
/// let store = PostgresOptions::new("postgres://bank@localhost/bank")?
///     .max_connections(20)
///     .statement_timeout(Duration::from_secs(10))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PostgresOptions {
    server: PgConnectOptions,
    max_connections: u32,
    acquire_timeout: Duration,
    statement_timeout: Option<Duration>,
    transaction_pooler: bool,
    max_waiting_appends: usize,
}

/// Of small appends, a few megabytes; and more than a second's work.
pub(crate) const MAX_WAITING_APPENDS: usize = 10_000;

impl PostgresOptions {
    /// The server that a URL such as `postgres://user:password@host/database` names.
    ///
    /// # Errors
    ///
    /// [`OpenError::Url`] if it is no such URL.
    pub fn new(url: &str) -> Result<Self, OpenError> {
        Ok(Self::with_server(parse_url(url).map_err(OpenError::Url)?))
    }

    /// The server that sqlx's own options name, for what a URL cannot say.
    pub fn with_server(server: PgConnectOptions) -> Self {
        Self {
            server,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: None,
            transaction_pooler: false,
            max_waiting_appends: MAX_WAITING_APPENDS,
        }
    }

    /// How many connections the store opens at most. By default 10.
    pub fn max_connections(self, max_connections: u32) -> Self {
        Self { max_connections, ..self }
    }

    /// How long a call waits for a free connection, or for a server that refuses connections because it is
    /// starting, before it fails. By default 10 seconds.
    pub fn acquire_timeout(self, acquire_timeout: Duration) -> Self {
        Self { acquire_timeout, ..self }
    }

    /// How long a statement may run before the server cancels it. By default as the server is set.
    pub fn statement_timeout(self, statement_timeout: Duration) -> Self {
        Self { statement_timeout: Some(statement_timeout), ..self }
    }

    /// For a server behind pgbouncer in transaction mode, or another pooler that hands each transaction to
    /// another connection: statements are not kept prepared, each call is a transaction of its own, and nothing
    /// is set per session, so a statement timeout is the server's. A call costs more round trips than directly.
    ///
    /// Migrations need a direct connection all the same.
    pub fn transaction_pooler(self) -> Self {
        Self { transaction_pooler: true, ..self }
    }

    /// How many appends may wait or be under way; by default 10,000. One more waits until there is room, and fails
    /// with [`StoreError::Overloaded`](eventsource_core::store::StoreError::Overloaded) after the acquire timeout.
    ///
    /// Appends that wait at the same time are made in one statement and one transaction, each with an outcome of
    /// its own, over two connections at most.
    pub fn max_waiting_appends(self, max_waiting_appends: usize) -> Self {
        Self { max_waiting_appends, ..self }
    }

    /// Connects, and makes sure that the database has the schema of this version.
    ///
    /// # Errors
    ///
    /// See [`PostgresStore::connect`].
    pub async fn connect(self) -> Result<PostgresStore, OpenError> {
        let kind = if self.transaction_pooler { Kind::Pooler } else { Kind::Direct };
        let max_waiting_appends = self.max_waiting_appends;
        PostgresStore::open(Connections::new(self.pool(), kind), max_waiting_appends).await
    }

    fn pool(self) -> PgPool {
        let mut server = self.server;
        if server.get_application_name().is_none() {
            server = server.application_name("eventsource");
        }
        if self.transaction_pooler {
            server = server.extra_float_digits(None).statement_cache_capacity(0);
        } else {
            server = server.options([("default_transaction_isolation", "read committed")]);
            if let Some(timeout) = self.statement_timeout {
                server = server.options([("statement_timeout", timeout.as_millis().max(1).to_string())]);
            }
        }
        let mut pool = PgPoolOptions::new();
        if !self.transaction_pooler {
            pool = pool.after_connect(|connection, _| Box::pin(plan_for_growth(connection)));
        }
        pool.max_connections(self.max_connections.max(1))
            .acquire_timeout(self.acquire_timeout)
            // A round trip per call saved; a connection that died is noticed, and the call repeated.
            .test_before_acquire(false)
            .connect_lazy_with(server)
    }
}

/// The server of a URL. sqlx takes any scheme, and would look for a Postgres on this machine instead of the
/// server of another make that was meant.
pub(crate) fn parse_url(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if ["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return PgConnectOptions::from_str(url);
    }
    Err(sqlx::Error::Configuration(format!("the scheme {scheme:?} is not that of a Postgres server").into()))
}
