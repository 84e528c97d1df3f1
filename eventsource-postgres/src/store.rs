//! The store: how it is opened, and its implementation of `EventStore`, which delegates to the other modules.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use async_trait::async_trait;
use eventsource_core::{
    EventContext, Position, RecordedEvent, StreamId, Version,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Capability, Direction, EventStore, HistoryVisitor, ImportError,
        ImportEvent, Imported, Liveness, LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};
use eventsource_sql::statement;
use sqlx::postgres::{PgConnectOptions, PgPool};
use uuid::Uuid;

use crate::{
    MigrateError, OpenError, PostgresOptions, append,
    connections::{Connections, Kind},
    import, log,
    options::{CALL_TIMEOUT, MAX_WAITING_APPENDS, parse_url},
    projections::{Listener, announce, purge_keys},
    schema, snapshots, stream,
};

/// Events in a PostgreSQL database. Cheap to clone.
///
/// When an append returns a receipt, its events are committed, and flushed as the server's `synchronous_commit` and
/// `fsync` settings provide. The log can be read from the primary only: a standby cannot compute the horizon, and
/// reading the log from it fails.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pub(crate) connections: Connections,
    appends: append::AppendQueue,
    loads: stream::Loads,
    pub(crate) listener: Arc<Listener>,
    pub(crate) liveness: Arc<Liveness>,
    /// Whether the last import has found events that were stored already.
    resuming: Arc<AtomicBool>,
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
    /// If the URL is not a Postgres URL, the server cannot be reached or is too old, or the schema is absent,
    /// older, newer or modified; the error says what to do.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        PostgresOptions::new(url)?.connect().await
    }

    /// Shares a pool with the application. Prefer [`connect`](Self::connect): with a shared pool each call costs one
    /// more round trip, because the store rolls back every connection before using it. A cancelled `begin()` of the
    /// application can leave a connection inside a transaction, and events appended in that transaction would be lost.
    /// Also, the server plans reads with the settings of the pool's connections: a plan that was made while the log
    /// was nearly empty may scan the whole log until the table is analyzed. The store's own connections have
    /// `enable_seqscan` and `jit` off, and never do so.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self, OpenError> {
        Self::from_pool_with(pool, CALL_TIMEOUT).await
    }

    /// Like [`from_pool`](Self::from_pool), with another [call timeout](PostgresOptions::call_timeout). The wait for a lock
    /// is then limited by the client alone, unless `lock_timeout` is set for the connections of the pool.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn from_pool_with(pool: PgPool, call_timeout: Duration) -> Result<Self, OpenError> {
        Self::open(Connections::new(pool, Kind::Shared, call_timeout), MAX_WAITING_APPENDS).await
    }

    pub(crate) async fn open(
        connections: Connections,
        max_waiting_appends: usize,
    ) -> Result<Self, OpenError> {
        schema::check(&connections).await?;
        let appends = append::AppendQueue::new(&connections, max_waiting_appends);
        let loads = stream::Loads::new(&connections);
        Ok(Self {
            connections,
            appends,
            loads,
            listener: Arc::default(),
            liveness: Arc::default(),
            resuming: Arc::default(),
        })
    }

    /// Creates the schema in a database, or migrates it to this version; has no effect if the schema is current. It
    /// can run in many processes concurrently. The role that runs it owns the schema. It needs a direct connection,
    /// not one through a pooler.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, the role may not create the schema, or the existing schema was not created by
    /// an earlier version.
    pub async fn migrate(url: &str) -> Result<(), MigrateError> {
        Self::migrate_with(&parse_url(url).map_err(MigrateError::Url)?).await
    }

    /// Like [`migrate`](Self::migrate), with sqlx's own options, such as `pool.connect_options()`.
    ///
    /// # Errors
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn migrate_with(server: &PgConnectOptions) -> Result<(), MigrateError> {
        let server = server.clone();
        // On a task of its own, so that it completes even if the caller drops this future: a half-run migration is of
        // no use.
        let task = tokio::spawn(async move { schema::migrate(&server).await });
        match task.await {
            Ok(migrated) => migrated,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(cancelled) => {
                Err(StoreError::Unavailable { action: "migrating", source: Box::new(cancelled) }.into())
            }
        }
    }

    /// Grants a role the rights to append and read events, save snapshots, and run projections, and nothing else: the
    /// role cannot change or delete an event, nor [import](Self::grant_import_to). To create read models, the role also
    /// needs a schema in which it may create tables, and to rebuild them the right to create schemas in the database.
    /// Call this as the role that ran the migrations; it may be called again after each migration.
    ///
    /// All roles with this right trust each other: each of them can write the progress and the state of projections,
    /// and snapshots.
    ///
    /// # Errors
    ///
    /// If the role does not exist or is `public`, which is everybody, or the store's own role does not own the schema.
    pub async fn grant_to(&self, role: &str) -> Result<(), StoreError> {
        self.change_rights(statement!("sql/rights.sql", "grant_to"), role).await
    }

    /// Grants a role the rights to import and to read. They are apart from [`grant_to`](Self::grant_to), because an
    /// import chooses the times of events.
    ///
    /// # Errors
    ///
    /// As [`grant_to`](Self::grant_to).
    pub async fn grant_import_to(&self, role: &str) -> Result<(), StoreError> {
        self.change_rights(statement!("sql/rights.sql", "grant_import_to"), role).await
    }

    /// Grants a role the right to read events, receipts, snapshots and the status of projections. Read models are the
    /// tables of the application, which grants rights on them itself.
    ///
    /// # Errors
    ///
    /// As [`grant_to`](Self::grant_to).
    pub async fn grant_read_to(&self, role: &str) -> Result<(), StoreError> {
        self.change_rights(statement!("sql/rights.sql", "grant_read_to"), role).await
    }

    /// Grants a role the right to read, as [`grant_read_to`](Self::grant_read_to), and to operate projections: to
    /// resume a stopped one, to retry and discard parked events, and to have a rebuilt one swapped.
    ///
    /// # Errors
    ///
    /// As [`grant_to`](Self::grant_to).
    pub async fn grant_operate_to(&self, role: &str) -> Result<(), StoreError> {
        self.change_rights(statement!("sql/rights.sql", "grant_operate_to"), role).await
    }

    /// Revokes every right that this role was granted on the schema. The role keeps what it has as a member of another
    /// role, and the tables that it created.
    ///
    /// # Errors
    ///
    /// If the role does not exist or owns the schema, or the store's own role does not own the schema.
    pub async fn revoke_from(&self, role: &str) -> Result<(), StoreError> {
        self.change_rights(statement!("sql/rights.sql", "revoke_from"), role).await
    }

    async fn change_rights(&self, sql: &'static str, role: &str) -> Result<(), StoreError> {
        self.connections
            .read("changing the rights of a role", |connection| {
                let query = self.connections.query(sql).bind(role.to_owned());
                Box::pin(async move { query.execute(connection).await.map(|_| ()) })
            })
            .await
    }

    /// Closes the store's connections after the running calls have ended. A shared pool is left open.
    pub async fn close(&self) {
        self.listener.close();
        self.connections.close().await;
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of([
            Capability::Durable,
            Capability::SeveralProcesses,
            Capability::Import,
            Capability::Projections,
            Capability::InlineProjections,
            Capability::Reactions,
        ])
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.appends.append(append).await
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        self.appends.append_each(appends).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        import::import(&self.connections, &self.resuming, events).await
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

    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<EventContext>, StoreError> {
        log::correlated(&self.connections, correlation, after, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        snapshots::load(&self.connections, stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        snapshots::save(&self.connections, snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        log::stored_types(&self.connections.for_scans(), samples).await
    }

    async fn announce(&self) -> Result<(), StoreError> {
        announce(&self.connections).await
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        purge_keys(&self.connections, older_than, limit).await
    }
}
