//! The server to measure on, and databases of one's own.

use eventsource::postgres::{PostgresOptions, PostgresStore};
use eventsource_harness::TestDatabase;

use crate::Error;

/// Where the server is.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerOptions {
    /// A server on which databases may be made.
    #[arg(long, env = "DATABASE_URL", value_name = "URL")]
    pub server: String,
}

/// An empty database with the schema of the store, dropped with the value.
///
/// # Errors
///
/// If the server cannot be reached, or refuses.
pub async fn database(options: &ServerOptions) -> Result<TestDatabase, Error> {
    let database = TestDatabase::create_on(&options.server)?;
    PostgresStore::migrate(database.url()).await?;
    Ok(database)
}

/// The store of a database.
///
/// # Errors
///
/// If it cannot be connected.
pub async fn opened(url: &str) -> Result<PostgresStore, Error> {
    Ok(PostgresOptions::new(url)?.max_connections(16).connect().await?)
}
