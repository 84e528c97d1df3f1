//! A database per test.

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::shared::server_url;
use crate::{HarnessError, reuse};

/// An empty database of one test's own, emptied or dropped when the value is dropped, even if connections are still
/// open.
///
/// ```
/// # use eventsource_harness::TestDatabase;
/// let database = TestDatabase::create();
/// assert!(database.url().ends_with(database.name()));
/// ```
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Creates a database on the shared server, which is started if necessary: the server of `DATABASE_URL` if
    /// that is set, else a throw-away one.
    ///
    /// # Panics
    /// If there is no server or it refuses; the message says what to do. A test cannot continue without its
    /// database, and must not pass without it.
    #[must_use]
    #[track_caller]
    pub fn create() -> Self {
        match Self::try_create() {
            Ok(database) => database,
            Err(error) => panic!("{}", error.full_text()),
        }
    }

    /// Like [`create`](Self::create), for callers that report errors themselves.
    ///
    /// # Errors
    /// Those of [`Cluster::start`](crate::Cluster::start), and [`HarnessError::Database`].
    pub fn try_create() -> Result<Self, HarnessError> {
        Self::create_on(&server_url()?)
    }

    /// Creates a database on the server of this URL, for instance on a [`Cluster`](crate::Cluster) of the
    /// test's own.
    ///
    /// # Errors
    /// [`HarnessError::Database`].
    pub fn create_on(server: &str) -> Result<Self, HarnessError> {
        let name = on(server, "create a database", async |maintenance| reuse::claim(maintenance).await)?;
        Ok(Self { url: with_database(server, &name), server: server.to_owned(), name })
    }

    /// The URL to connect to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the maintenance database on the same server.
    #[must_use]
    pub fn server_url(&self) -> &str {
        &self.server
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A failure is ignored: it is normal after a test that has stopped its server.
        let _ = on(&self.server, "empty a database", async |maintenance| {
            reuse::release(maintenance, &self.name, &self.url).await
        });
    }
}

/// Calls this with a connection to the maintenance database, in a thread of its own: the caller may be inside an async
/// runtime, which must not block on another runtime.
fn on<T: Send>(
    server: &str,
    doing: &str,
    call: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send,
) -> Result<T, HarnessError> {
    let run = || -> Result<T, sqlx::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let options: PgConnectOptions = server.parse()?;
            let mut connection: PgConnection = options.disable_statement_logging().connect().await?;
            let result = call(&mut connection).await?;
            connection.close().await?;
            Ok(result)
        })
    };
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("test database".into());
        thread.spawn_scoped(scope, run)?.join().map_err(|_| sqlx::Error::WorkerCrashed)?
    });
    outcome.map_err(|source| HarnessError::Database {
        doing: doing.to_owned(),
        url: server.to_owned(),
        source,
    })
}

/// The same URL with another database.
fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |scheme| scheme + 3);
    let path = base[authority..].find('/').map_or(base.len(), |slash| authority + slash);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..path])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_and_the_rest_is_kept() {
        for (url, expected) in [
            ("postgres://u:p@h:1/db", "postgres://u:p@h:1/new"),
            ("postgres://h", "postgres://h/new"),
            ("postgres://h/", "postgres://h/new"),
            ("postgres://h/db?sslmode=disable&host=/run/x", "postgres://h/new?sslmode=disable&host=/run/x"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
