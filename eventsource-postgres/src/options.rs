//! Connection options of a store.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::{
    MigrateError, OpenError, PostgresStore,
    connections::{Connections, Kind, limit_lock_waits, plan_for_growth},
    tls::{self, UnverifiedServer},
};

/// Options of a [`PostgresStore`]: the server, the number of connections, timeouts.
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
#[derive(Clone)]
#[must_use]
pub struct PostgresOptions {
    server: PgConnectOptions,
    max_connections: u32,
    acquire_timeout: Duration,
    call_timeout: Duration,
    statement_timeout: Option<Duration>,
    transaction_pooler: bool,
    max_waiting_appends: usize,
    require_verified_tls: bool,
}

/// Without the password, which the options of sqlx show.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, .. } = self;
        f.debug_struct("PostgresOptions")
            .field("host", &server.get_host())
            .field("port", &server.get_port())
            .field("socket", &server.get_socket())
            .field("database", &server.get_database())
            .field("username", &server.get_username())
            .field("ssl_mode", &server.get_ssl_mode())
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("transaction_pooler", &self.transaction_pooler)
            .field("max_waiting_appends", &self.max_waiting_appends)
            .field("require_verified_tls", &self.require_verified_tls)
            .finish_non_exhaustive()
    }
}

/// For small appends, this is a few megabytes, and more than a second of work.
pub(crate) const MAX_WAITING_APPENDS: usize = 10_000;

/// How long a call of a store may take.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

impl PostgresOptions {
    /// Options for the server of a URL such as `postgres://user:password@host/database`.
    ///
    /// Over a network, add `?sslmode=verify-full`. The default, `prefer`, encrypts only if the server offers TLS,
    /// and falls back to plain text. `require` always encrypts. Neither verifies the server's certificate: a root
    /// certificate in the URL (`sslrootcert`) is used by `verify-ca` and `verify-full` only.
    /// [`require_verified_tls`](Self::require_verified_tls) refuses a URL without `verify-full`.
    ///
    /// # Errors
    ///
    /// [`OpenError::Url`] if it is not such a URL.
    pub fn new(url: &str) -> Result<Self, OpenError> {
        Ok(Self::with_server(parse_url(url).map_err(OpenError::Url)?))
    }

    /// Options for the server of sqlx's own options, for settings that a URL cannot express.
    pub fn with_server(server: PgConnectOptions) -> Self {
        Self {
            server,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(10),
            call_timeout: CALL_TIMEOUT,
            statement_timeout: None,
            transaction_pooler: false,
            max_waiting_appends: MAX_WAITING_APPENDS,
            require_verified_tls: false,
        }
    }

    /// Refuses to connect to a server on another machine unless the mode of TLS is `verify-full`, with which the
    /// connection is encrypted, and certificate and name of the server are verified. Servers that are reached by a local
    /// socket, `localhost` or a loopback address are not refused. By default the mode of the URL is used, whatever it is.
    ///
    /// ```
    /// # fn example() -> Result<(), eventsource_postgres::OpenError> {
    /// use eventsource_postgres::PostgresOptions;
    ///
    /// let url = "postgres://bank@db.example.org/bank?sslmode=verify-full";
    /// let options = PostgresOptions::new(url)?.require_verified_tls();
    /// # Ok(())
    /// # }
    /// ```
    pub fn require_verified_tls(self) -> Self {
        Self { require_verified_tls: true, ..self }
    }

    /// The maximum number of connections that the store opens. By default 10.
    pub fn max_connections(self, max_connections: u32) -> Self {
        Self { max_connections, ..self }
    }

    /// How long a call waits for a free connection, or for a server that refuses connections because it is
    /// starting, before it fails. By default 10 seconds.
    pub fn acquire_timeout(self, acquire_timeout: Duration) -> Self {
        Self { acquire_timeout, ..self }
    }

    /// How long a call of the store may take, whatever it waits for: a connection, a lock, or the answer of a server that a
    /// broken network does not reach. Then it fails with
    /// [`StoreError::TimedOut`](eventsource_core::store::StoreError::TimedOut), and an append whose outcome is not known by
    /// then with [`AppendError::OutcomeUnknown`](eventsource_core::store::AppendError::OutcomeUnknown). By default 30
    /// seconds. The server ends waits for locks a little earlier, so that their outcome is known, unless
    /// `lock_timeout` is set for the role or in the URL.
    ///
    /// A call that reads whole tables, to compare generations or to count stored types, may take twenty times as long. A
    /// history is limited per event that it waits for. Migrations, and statements of the application in the transaction of
    /// a projection, are not limited: use [`statement_timeout`](Self::statement_timeout).
    pub fn call_timeout(self, call_timeout: Duration) -> Self {
        Self { call_timeout, ..self }
    }

    /// How long a statement may run before the server cancels it. By default the server's setting applies.
    pub fn statement_timeout(self, statement_timeout: Duration) -> Self {
        Self { statement_timeout: Some(statement_timeout), ..self }
    }

    /// For a server behind pgbouncer in transaction mode, or another pooler that may assign each transaction to a
    /// different server connection: statements are not kept prepared, each call is a transaction of its own, and no
    /// session settings are used, so the server's own statement timeout applies. A call costs more round trips than on
    /// a direct connection.
    ///
    /// Migrations still need a direct connection.
    pub fn transaction_pooler(self) -> Self {
        Self { transaction_pooler: true, ..self }
    }

    /// The maximum number of appends that are queued or running; by default 10,000. A further append waits for a free
    /// place, and fails with [`StoreError::Overloaded`](eventsource_core::store::StoreError::Overloaded) after the
    /// acquire timeout.
    ///
    /// Queued appends are combined into one statement and one transaction (group commit), each with its own outcome,
    /// over at most two connections.
    pub fn max_waiting_appends(self, max_waiting_appends: usize) -> Self {
        Self { max_waiting_appends, ..self }
    }

    /// Connects, and checks that the database has the schema of this version.
    ///
    /// # Errors
    ///
    /// See [`PostgresStore::connect`].
    pub async fn connect(self) -> Result<PostgresStore, OpenError> {
        self.check_tls()?;
        let kind = if self.transaction_pooler { Kind::Pooler } else { Kind::Direct };
        let (max_waiting_appends, call_timeout) = (self.max_waiting_appends, self.call_timeout);
        PostgresStore::open(Connections::new(self.pool(), kind, call_timeout), max_waiting_appends).await
    }

    /// Migrates the database, as [`PostgresStore::migrate`], over a connection to the same server and with the same
    /// [requirement of TLS](Self::require_verified_tls).
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::migrate`].
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        self.check_tls()?;
        PostgresStore::migrate_with(&self.server).await
    }

    pub(crate) fn check_tls(&self) -> Result<(), UnverifiedServer> {
        if self.require_verified_tls { tls::check(&self.server) } else { Ok(()) }
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
            let call_timeout = self.call_timeout;
            pool = pool.after_connect(move |connection, _| {
                Box::pin(async move {
                    plan_for_growth(connection).await?;
                    limit_lock_waits(connection, call_timeout).await
                })
            });
        }
        pool.max_connections(self.max_connections.max(1))
            .acquire_timeout(self.acquire_timeout)
            // Saves a round trip per call; a dead connection is noticed by the call, which is then repeated.
            .test_before_acquire(false)
            .connect_lazy_with(server)
    }
}

/// The server of a URL. sqlx accepts any scheme: for a URL of another database it would connect to a Postgres server on
/// this machine.
pub(crate) fn parse_url(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if ["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return PgConnectOptions::from_str(url);
    }
    Err(sqlx::Error::Configuration(
        format!("the scheme {scheme:?} is not one of a Postgres server; use `postgres`").into(),
    ))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    const PASSWORD: &str = "hunter2";

    #[test]
    fn options_are_shown_without_the_password() {
        let options =
            PostgresOptions::new(&format!("postgres://bank:{PASSWORD}@db:5433/ledger")).expect("a URL");
        let shown = format!("{options:?} {options:#?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        for part in ["db", "5433", "ledger", "bank"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[tokio::test]
    async fn errors_do_not_contain_the_password() {
        for rest in
            ["127.0.0.1:1/db", "127.0.0.1:123456/db", "127.0.0.1/db?sslmode=wrong", "[/db", "h/db?port=x"]
        {
            let url = format!("postgres://bank:{PASSWORD}@{rest}");
            let error = match PostgresOptions::new(&url) {
                Ok(options) => {
                    options.acquire_timeout(Duration::from_millis(1)).connect().await.expect_err(rest)
                }
                Err(error) => error,
            };
            let mut shown = format!("{error:?} {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                shown += &format!(" {error}");
                cause = error.source();
            }
            assert!(!shown.contains(PASSWORD), "{shown}");
        }
    }
}
