//! The server to measure on, and its databases.

use std::time::Duration;

use eventsource::{
    AggregateCache, EventSource, EventSourceBuilder, Retry,
    postgres::{PostgresOptions, PostgresStore},
    store::EventStore,
};
use eventsource_harness::TestDatabase;

use crate::Error;

/// The maximum number of connections, of the framework and by hand.
pub(crate) const CONNECTIONS: u32 = 32;

/// The location of the server.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerOptions {
    /// A server on which databases may be created.
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
    // As by hand, a call waits until a connection is free; a slow machine is not a failure.
    let timeout = Duration::from_secs(60);
    Ok(PostgresOptions::new(url)?.max_connections(CONNECTIONS).acquire_timeout(timeout).connect().await?)
}

/// The event source of a database as an application has it, except that commands are retried without limit, as by
/// hand.
///
/// # Errors
///
/// If it cannot be connected.
pub async fn source(url: &str) -> Result<EventSource<PostgresStore>, Error> {
    Ok(retrying(opened(url).await?).build())
}

/// Like [`source`], without the aggregate cache: each command, and each load, reads all events.
///
/// # Errors
///
/// If it cannot be connected.
pub async fn source_without_cache(url: &str) -> Result<EventSource<PostgresStore>, Error> {
    Ok(retrying(opened(url).await?).cache(AggregateCache::OFF).build())
}

/// An event source on an open store, which retries without limit.
pub fn retrying<S: EventStore>(store: S) -> EventSourceBuilder<S> {
    EventSource::builder(store).retry(Retry::within(Duration::from_secs(600)))
}
