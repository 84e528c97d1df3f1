//! The server to measure on, and databases of one's own.

use std::time::Duration;

use eventsource::{
    AggregateCache, EventSource, EventSourceBuilder, Retry,
    postgres::{PostgresOptions, PostgresStore},
    store::EventStore,
};
use eventsource_harness::TestDatabase;

use crate::Error;

/// How many connections there are at most, ours or by hand.
pub(crate) const CONNECTIONS: u32 = 32;

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
    // Whoever waits for a connection waits his turn, as by hand; a slow machine is no failure.
    let patience = Duration::from_secs(60);
    Ok(PostgresOptions::new(url)?.max_connections(CONNECTIONS).acquire_timeout(patience).connect().await?)
}

/// The event source of a database as an application has it, but that commands are decided until they are through,
/// as by hand.
///
/// # Errors
///
/// If it cannot be connected.
pub async fn source(url: &str) -> Result<EventSource<PostgresStore>, Error> {
    Ok(patient(opened(url).await?).build())
}

/// The same without the cache of aggregates: each command, and each load, reads all events.
///
/// # Errors
///
/// If it cannot be connected.
pub async fn source_without_cache(url: &str) -> Result<EventSource<PostgresStore>, Error> {
    Ok(patient(opened(url).await?).cache(AggregateCache::OFF).build())
}

/// An event source on a store that is open, which retries without end.
pub fn patient<S: EventStore>(store: S) -> EventSourceBuilder<S> {
    EventSource::builder(store).retry(Retry::within(Duration::from_secs(600)))
}
