//! A faulty store.

use std::{
    fmt,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent, StreamId,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Direction, EventStore, ImportError, ImportEvent, Imported,
        LogFilter, LogPage, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};
use tokio::task::yield_now;

/// A store in memory with optional faults. Every call yields once, so that it can be dropped.
#[derive(Default)]
pub(crate) struct Twisted {
    pub(crate) store: MemoryStore,
    /// Alters a page of the log.
    pub(crate) page: Option<PageTwist>,
    /// Replaces a chunk before it is stored.
    pub(crate) chunk: Option<ChunkTwist>,
    /// Which call of `import`, from 1, fails, and how.
    pub(crate) fails: Option<(usize, Failure)>,
    /// For how many calls the horizon is held back, once an event is stored.
    pub(crate) held_back: AtomicUsize,
    /// Whether `read_log` fails.
    pub(crate) unreadable: bool,
    pub(crate) imports: AtomicUsize,
    pub(crate) sent: AtomicU64,
}

type PageTwist = Box<dyn Fn(&mut Vec<RecordedEvent>) + Send + Sync>;
type ChunkTwist = Box<dyn Fn(&[ImportEvent]) -> Vec<ImportEvent> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Failure {
    BeforeStoring,
    AfterStoring,
}

impl Twisted {
    pub(crate) fn of(store: MemoryStore) -> Self {
        Self { store, ..Self::default() }
    }

    /// How often an import was called.
    pub(crate) fn imports(&self) -> usize {
        self.imports.load(Ordering::SeqCst)
    }

    /// How many events were passed to imports.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

pub(crate) fn outage() -> StoreError {
    StoreError::Unavailable { action: "being tested", source: "it is out".into() }
}

#[async_trait]
impl EventStore for Twisted {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.store.append(append).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        yield_now().await;
        let call = self.imports.fetch_add(1, Ordering::SeqCst) + 1;
        self.sent.fetch_add(events.len() as u64, Ordering::SeqCst);
        let failure = self.fails.and_then(|(failing, failure)| (failing == call).then_some(failure));
        if failure == Some(Failure::BeforeStoring) {
            return Err(outage().into());
        }
        let imported = match &self.chunk {
            Some(twist) => self.store.import(&twist(events)).await?,
            None => self.store.import(events).await?,
        };
        yield_now().await;
        match failure {
            Some(_) => Err(outage().into()),
            None => Ok(imported),
        }
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.store.find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.store.read_stream(stream, direction, limit).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        yield_now().await;
        if self.unreadable {
            return Err(outage());
        }
        let mut page = self.store.read_log(after, filter, limit).await?;
        if let Some(twist) = &self.page {
            twist(&mut page.events);
        }
        let count_down = |left: usize| left.checked_sub(1);
        if self.imports() > 0
            && self.held_back.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count_down).is_ok()
        {
            page.events.clear();
            page.horizon = after;
        }
        Ok(page)
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.store.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.store.save_snapshot(snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        self.store.stored_types(samples).await
    }
}

impl fmt::Debug for Twisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twisted").finish_non_exhaustive()
    }
}
