//! The reference store behind a defect.

use std::{future::Future, pin::Pin};

use async_trait::async_trait;
use eventsource::{
    EventContext, MemoryStore, Position, RecordedEvent, StreamId, Version,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Capability, DependentAppends, Direction, EventStore,
        ExpectedVersion, HistoryVisitor, ImportError, ImportEvent, Imported, LogFilter, LogPage, Receipt,
        StoreError, StoredSnapshot, StoredType,
    },
};
use uuid::Uuid;

pub(crate) type Appended = Result<Vec<Receipt>, AppendError>;
pub(crate) type Asked<T> = Result<T, StoreError>;

/// A defect of a store. Methods that a defect does not override are correct.
#[async_trait]
pub(crate) trait Defect: Send + Sync + 'static {
    fn capabilities(&self, store: &MemoryStore) -> Capabilities {
        store.capabilities().without(Capability::Projections).without(Capability::InlineProjections)
    }

    /// The append of the defective store.
    fn given(&self, append: Append) -> Append {
        append
    }

    /// The events returned by the defective store, from every method that reads.
    fn kept(&self, event: RecordedEvent) -> RecordedEvent {
        event
    }

    /// Called when an append is requested, before its future is polled.
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

    /// The events passed to the visitor. The given ones are correct if [`read_stream`](Self::read_stream) is.
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let _ = history.events.iter().try_for_each(|event| visitor(event.context.version, event.stored()));
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

    async fn read_correlated(
        &self,
        store: &MemoryStore,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        store.read_correlated(correlation, after, limit).await
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

/// Reads the history of a stream.
pub(crate) struct History {
    pub(crate) stream: StreamId,
    pub(crate) after: Version,
    pub(crate) events: Vec<RecordedEvent>,
}

/// No defect.
pub(crate) struct None;

impl Defect for None {}

/// Appends something other than the given events.
pub(crate) struct Given(pub(crate) fn(&mut Append));

impl Defect for Given {
    fn given(&self, mut append: Append) -> Append {
        (self.0)(&mut append);
        append
    }
}

/// Reads something other than the stored events.
pub(crate) struct Kept(pub(crate) fn(&mut RecordedEvent));

impl Defect for Kept {
    fn kept(&self, mut event: RecordedEvent) -> RecordedEvent {
        (self.0)(&mut event);
        event
    }
}

/// Returns a wrong outcome of an append.
pub(crate) struct Answered(pub(crate) fn(&Append, Appended) -> Appended);

#[async_trait]
impl Defect for Answered {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let appended = store.append(append.clone()).await;
        (self.0)(&append, appended)
    }
}

/// Returns another page of the log than the requested one.
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
        Self::on(MemoryStore::new(), defect)
    }

    pub(crate) fn on(store: MemoryStore, defect: D) -> Self {
        Self { store, defect }
    }
}

#[async_trait]
impl<D: Defect> EventStore for Broken<D> {
    fn capabilities(&self) -> Capabilities {
        self.defect.capabilities(&self.store)
    }

    // An `async fn` written out, to run code before the first poll.
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
            let from = events.last().map_or(after, |last: &RecordedEvent| last.context.version);
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

    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        self.defect.read_correlated(&self.store, correlation, after, limit).await
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

/// The current version of a stream.
pub(crate) async fn version_of(store: &MemoryStore, stream: &StreamId) -> Version {
    let last = store.read_stream(stream, Direction::Backward { before: Version::MAX }, 1).await;
    last.expect("memory can be read").first().map_or(Version::EMPTY, |event| event.context.version)
}

/// Whether an append has events, and all of them satisfy this predicate.
pub(crate) fn is_stored(log: &[RecordedEvent], id: eventsource::EventId) -> bool {
    log.iter().any(|event| event.context.id == id)
}

/// The whole log.
pub(crate) async fn whole_log(store: &MemoryStore) -> Vec<RecordedEvent> {
    let page = store.read_log(Position::START, &LogFilter::all(), usize::MAX).await;
    page.expect("memory can be read").events
}

/// The same append with any expected version.
pub(crate) fn expect_any(append: &mut Append) {
    append.streams.iter_mut().for_each(|part| part.expected = ExpectedVersion::Any);
}

/// The same append, part by part.
pub(crate) fn parts_of(append: Append) -> impl Iterator<Item = Append> {
    let Append { streams, idempotency_key, request } = append;
    streams.into_iter().map(move |part| Append {
        streams: vec![part],
        idempotency_key: idempotency_key.clone(),
        request: request.clone(),
    })
}

/// Yields long enough for calls that started at the same moment to interfere.
pub(crate) async fn yield_to_others() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
