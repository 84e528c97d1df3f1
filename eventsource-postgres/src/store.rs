//! The store itself: opening it, and the contract, each method where its file is.

use std::sync::Arc;

use async_trait::async_trait;
use eventsource_core::{
    Position, RecordedEvent, Snapshot, StreamId, Version,
    store::{
        Append, AppendError, Direction, EventStore, HistoryVisitor, ImportError, ImportEvent, Imported,
        LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};
use sqlx::postgres::{PgConnectOptions, PgPool};

use crate::{
    MigrateError, OpenError, PostgresOptions, append,
    connections::{Connections, Kind},
    import::{self, Heads},
    log,
    options::{MAX_WAITING_APPENDS, parse_url},
    projections::{Listener, announce},
    schema, snapshots, stream,
};

/// Events in a PostgreSQL database. Cheap to clone.
///
/// A receipt means that the events are committed and flushed, as far as the server's `synchronous_commit` and
/// `fsync` say so. The log is read from the primary: a standby does not know
/// the horizon, and says so.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pub(crate) connections: Connections,
    appends: append::AppendQueue,
    loads: stream::Loads,
    pub(crate) listener: Arc<Listener>,
    /// Of the streams that were imported last.
    heads: Arc<Heads>,
}

impl PostgresStore {
    /// Connects to the server of a URL, with default [`PostgresOptions`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventsource_postgres::PostgresStore;
    ///
    /// let url = "postgres://bank@localhost/bank";
    /// PostgresStore::migrate(url).await?;
    /// let store = PostgresStore::connect(url).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the URL is no Postgres URL, the server cannot be reached or is too old, or the schema is absent,
    /// older, newer or modified; the error says what to do.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        PostgresOptions::new(url)?.connect().await
    }

    /// Shares a pool with the application. Prefer [`connect`](Self::connect): here each call costs one round
    /// trip more, because a connection that others have used is told to roll back before it is trusted. A
    /// cancelled `begin()` can leave one inside a transaction, and what is appended in it would be lost. And reads are
    /// planned as the pool's connections are set up: a plan that was made while the log was nearly empty may scan
    /// it, until it is analyzed. Connections with `enable_seqscan` and `jit` off, as the store's own are, never do.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self, OpenError> {
        Self::open(Connections::new(pool, Kind::Shared), MAX_WAITING_APPENDS).await
    }

    pub(crate) async fn open(
        connections: Connections,
        max_waiting_appends: usize,
    ) -> Result<Self, OpenError> {
        schema::check(&connections).await?;
        let appends = append::AppendQueue::new(&connections, max_waiting_appends);
        let loads = stream::Loads::new(&connections);
        Ok(Self { connections, appends, loads, listener: Arc::default(), heads: Arc::default() })
    }

    /// Makes the schema in a database, or brings it to this version; without effect if it is there. Safe to
    /// run from many processes at once. The role that runs it owns the schema; it needs a direct connection,
    /// not one through a pooler.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, the role may not create the schema, or what is there was not made by
    /// an earlier version.
    pub async fn migrate(url: &str) -> Result<(), MigrateError> {
        Self::migrate_with(&parse_url(url).map_err(MigrateError::Url)?).await
    }

    /// The same for sqlx's own options, such as `pool.connect_options()`.
    ///
    /// # Errors
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn migrate_with(server: &PgConnectOptions) -> Result<(), MigrateError> {
        let server = server.clone();
        // To its end, even if the caller goes away: half a migration helps nobody.
        let task = tokio::spawn(async move { schema::migrate(&server).await });
        match task.await {
            Ok(migrated) => migrated,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(cancelled) => {
                Err(StoreError::Unavailable { action: "migrating", source: Box::new(cancelled) }.into())
            }
        }
    }

    /// Lets a role append, import and read events, keep snapshots, and work projections, and nothing else: it cannot
    /// change or delete an event. To make read models it also needs a schema of its own to make tables in, and
    /// to rebuild them the right to create schemas in the database. To be called by the role that ran the migrations; it may be called again after each.
    ///
    /// # Errors
    ///
    /// If the role does not exist, or the store's own role does not own the schema.
    pub async fn grant_to(&self, role: &str) -> Result<(), StoreError> {
        self.connections
            .read("granting rights", |connection| {
                let query = self.connections.query(include_str!("sql/grant_to.sql")).bind(role.to_owned());
                Box::pin(async move { query.execute(connection).await.map(|_| ()) })
            })
            .await
    }

    /// Closes the store's connections, after the calls under way have ended. A shared pool is left open.
    pub async fn close(&self) {
        self.listener.close();
        self.connections.close().await;
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.appends.append(append).await
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        self.appends.append_each(appends).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        import::import(&self.connections, &self.heads, events).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        append::find_receipt(&self.connections, stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        stream::read(&self.connections, stream, direction, limit).await
    }

    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        self.loads.read(stream, after, visitor).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        log::read(&self.connections, after, filter, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        snapshots::load(&self.connections, stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        snapshots::save(&self.connections, snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        log::stored_types(&self.connections, samples).await
    }

    async fn announce(&self) -> Result<(), StoreError> {
        announce(&self.connections).await
    }
}
