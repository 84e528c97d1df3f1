//! The store type: opening a file, and the store contract, whose methods delegate to a file of their topic.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use eventsource_core::{
    EventContext, Position, RecordedEvent, StreamId, Version,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Capability, Direction, EventStore, HistoryVisitor, ImportError,
        ImportEvent, Imported, LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};
use uuid::Uuid;

use crate::{
    OpenError, SqliteOptions, Synchronous, append,
    connections::{Connections, DatabaseFile},
    import, log, projections, schema, snapshots, stream,
};

/// Events in an SQLite file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) connections: Connections,
    pub(crate) projections: Arc<projections::ProjectionsState>,
    appends: append::AppendQueue,
}

impl SqliteStore {
    /// Opens a file with the default [`SqliteOptions`]; creates it if it does not exist, and migrates an older one to the
    /// schema of this version.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventsource_sqlite::SqliteStore;
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("bank.db");
    ///
    /// let store = SqliteStore::open(&path).await?;
    /// # store.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or written, or is not one of this crate's; the file is left unchanged, and the error
    /// says what to do.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, SqliteOptions::new()).await
    }

    /// Like [`open`](Self::open), with other options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let absolute = std::path::absolute(path)
            .map_err(|error| OpenError::CannotOpen { path: path.to_owned(), source: Box::new(error) })?;
        Ok(Self::of(schema::opened(DatabaseFile { path: absolute, directory: None }, options).await?))
    }

    /// Creates an empty store that ends with the process, for tests and experiments.
    ///
    /// It is a file in the system's directory for temporary files, never flushed, and removed with the last clone of the
    /// store: an in-memory database of SQLite does not allow reads during a write.
    ///
    /// # Errors
    ///
    /// If that directory cannot be written.
    pub async fn in_memory() -> Result<Self, OpenError> {
        let options = SqliteOptions::new().synchronous(Synchronous::Off);
        Ok(Self::of(schema::opened(schema::temporary()?, options).await?))
    }

    fn of(connections: Connections) -> Self {
        let appends = append::AppendQueue::new(&connections);
        Self { connections, projections: Arc::default(), appends }
    }

    /// Closes the file, after the running calls have ended. Later calls fail.
    pub async fn close(&self) {
        let _drained = self.appends.drain().await;
        self.connections.close().await;
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    /// A store in memory ends with its last clone.
    fn capabilities(&self) -> Capabilities {
        let every = [
            Capability::Import,
            Capability::Projections,
            Capability::InlineProjections,
            Capability::Reactions,
        ];
        match self.connections.is_temporary() {
            true => Capabilities::of(every),
            false => Capabilities::of(every).with(Capability::Durable).with(Capability::SeveralProcesses),
        }
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.connections.check_self_wait("appending")?;
        self.appends.append(append).await
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        self.appends.append_each(appends).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        import::import(&self.connections, events).await
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
        stream::read_history(&self.connections, stream, after, visitor).await
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
        log::stored_types(&self.connections, samples).await
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        projections::purge_keys(&self.connections, older_than, limit).await
    }
}
