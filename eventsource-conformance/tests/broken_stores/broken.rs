//! The reference store with a defect in front of it.

use std::{future::Future, pin::Pin};

use async_trait::async_trait;
use eventsource_core::{
    MemoryStore, Position, RecordedEvent, Snapshot, StreamId, Version,
    store::{
        Append, AppendError, DependentAppends, Direction, EventStore, ExpectedVersion, HistoryVisitor,
        ImportError, ImportEvent, Imported, LogFilter, LogPage, Receipt, StoreError, StoredSnapshot,
        StoredType,
    },
};

pub(crate) type Appended = Result<Vec<Receipt>, AppendError>;
pub(crate) type Asked<T> = Result<T, StoreError>;

/// What is wrong with a store. What a defect leaves alone is right.
#[async_trait]
pub(crate) trait Defect: Send + Sync + 'static {
    /// What is appended instead.
    fn given(&self, append: Append) -> Append {
        append
    }

    /// What is read instead, in every way of reading.
    fn kept(&self, event: RecordedEvent) -> RecordedEvent {
        event
    }

    /// Done when an append is asked for, before its future is polled.
    fn asked(&self, _store: &MemoryStore, _append: &Append) {}

    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        store.append(append).await
    }

    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        let mut dependent = DependentAppends::new();
        for append in list {
            let call = |append| {
                self.asked(store, &append);
                self.append(store, self.given(append))
            };
            outcomes.push(dependent.append(append, call).await);
        }
        outcomes
    }

    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        store.import(events).await
    }

    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        store.find_receipt(of, key).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        store.read_stream(stream, direction, limit).await
    }

    /// Of these events, which are the right ones as far as [`read_stream`](Self::read_stream) is.
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let _ = history.events.iter().try_for_each(|event| visitor(event.version, event.stored()));
        Ok(())
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        store.read_log(after, filter, limit).await
    }

    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        store.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        store.save_snapshot(snapshot).await
    }

    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        store.stored_types(samples).await
    }
}

/// What is handed out of a stream.
pub(crate) struct History {
    pub(crate) stream: StreamId,
    pub(crate) after: Version,
    pub(crate) events: Vec<RecordedEvent>,
}

/// Nothing is wrong.
pub(crate) struct None;

impl Defect for None {}

/// Something else is appended than what was given.
pub(crate) struct Given(pub(crate) fn(&mut Append));

impl Defect for Given {
    fn given(&self, mut append: Append) -> Append {
        (self.0)(&mut append);
        append
    }
}

/// Something else is read than what was kept.
pub(crate) struct Kept(pub(crate) fn(&mut RecordedEvent));

impl Defect for Kept {
    fn kept(&self, mut event: RecordedEvent) -> RecordedEvent {
        (self.0)(&mut event);
        event
    }
}

/// Something else is answered to an append than what became of it.
pub(crate) struct Answered(pub(crate) fn(&Append, Appended) -> Appended);

#[async_trait]
impl Defect for Answered {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let appended = store.append(append.clone()).await;
        (self.0)(&append, appended)
    }
}

/// Another page of the log is answered than the one that was asked for.
pub(crate) struct Paged(pub(crate) fn(Position, usize, &mut LogPage));

#[async_trait]
impl Defect for Paged {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, filter, limit).await?;
        (self.0)(after, limit, &mut page);
        Ok(page)
    }
}

pub(crate) struct Broken<D> {
    store: MemoryStore,
    defect: D,
}

impl<D> Broken<D> {
    pub(crate) fn new(defect: D) -> Self {
        Self { store: MemoryStore::new(), defect }
    }
}

#[async_trait]
impl<D: Defect> EventStore for Broken<D> {
    // As `async fn` is written out, for the moment before the first poll.
    fn append<'s, 'f>(&'s self, append: Append) -> Pin<Box<dyn Future<Output = Appended> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        self.defect.asked(&self.store, &append);
        Box::pin(async move { self.defect.append(&self.store, self.defect.given(append)).await })
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Appended> {
        self.defect.append_each(&self.store, appends).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        self.defect.import(&self.store, events).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        self.defect.find_receipt(&self.store, stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let events = self.defect.read_stream(&self.store, stream, direction, limit).await?;
        Ok(events.into_iter().map(|event| self.defect.kept(event)).collect())
    }

    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Asked<()> {
        const PAGE: usize = 1_000;
        let mut events = Vec::new();
        loop {
            let from = events.last().map_or(after, |last: &RecordedEvent| last.version);
            let page = self.read_stream(stream, Direction::Forward { after: from }, PAGE).await?;
            let is_last = page.len() != PAGE;
            events.extend(page);
            if is_last {
                return self
                    .defect
                    .hand_out(History { stream: stream.clone(), after, events }, visitor)
                    .await;
            }
        }
    }

    async fn read_log(&self, after: Position, filter: &LogFilter, limit: usize) -> Asked<LogPage> {
        let page = self.defect.read_log(&self.store, after, filter, limit).await?;
        Ok(LogPage { events: page.events.into_iter().map(|event| self.defect.kept(event)).collect(), ..page })
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        self.defect.load_snapshot(&self.store, stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Asked<()> {
        self.defect.save_snapshot(&self.store, snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Asked<Vec<StoredType>> {
        let stored = self.defect.stored_types(&self.store, samples).await?;
        let kept = |event| self.defect.kept(event);
        Ok(stored
            .into_iter()
            .map(|stored| StoredType { samples: stored.samples.into_iter().map(kept).collect(), ..stored })
            .collect())
    }
}

/// The version a stream has.
pub(crate) async fn version_of(store: &MemoryStore, stream: &StreamId) -> Version {
    let last = store.read_stream(stream, Direction::Backward { before: Version::MAX }, 1).await;
    last.expect("memory can be read").first().map_or(Version::EMPTY, |event| event.version)
}

/// Whether an append names events, and each of them satisfies this.
pub(crate) fn is_stored(log: &[RecordedEvent], id: eventsource_core::EventId) -> bool {
    log.iter().any(|event| event.id == id)
}

/// All there is.
pub(crate) async fn whole_log(store: &MemoryStore) -> Vec<RecordedEvent> {
    let page = store.read_log(Position::START, &LogFilter::all(), usize::MAX).await;
    page.expect("memory can be read").events
}

/// Accepts every version.
pub(crate) fn expect_any(append: &mut Append) {
    append.streams.iter_mut().for_each(|part| part.expected = ExpectedVersion::Any);
}

/// The same append, part by part.
pub(crate) fn parts_of(append: Append) -> impl Iterator<Item = Append> {
    let Append { streams, idempotency_key } = append;
    streams
        .into_iter()
        .map(move |part| Append { streams: vec![part], idempotency_key: idempotency_key.clone() })
}

/// Long enough for others who started at the same moment to be in the way.
pub(crate) async fn let_others_go_first() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
