//! The store under test, and the queries that most tests share.

use std::{ops::Deref, sync::Arc};

use eventsource::{
    EventSource, Position, RecordedEvent, StreamId, Version,
    store::{
        Append, AppendError, Capability, Direction, EventStore, ExpectedVersion, InvalidAppend, LogFilter,
        LogPage, NewEvent, Receipt, StreamAppend,
    },
};

use crate::fresh::Opening;

/// The store under test. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    store: Arc<dyn EventStore>,
    /// Opens the same store again.
    opening: Option<Opening>,
}

/// The parts of a conflict.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) stream: StreamId,
    pub(crate) expected: ExpectedVersion,
    pub(crate) actual: Version,
}

impl Store {
    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
        Self::of(store, None)
    }

    pub(crate) fn of(store: Arc<dyn EventStore>, opening: Option<Opening>) -> Self {
        Self { store, opening }
    }

    pub(crate) fn opening(&self) -> Option<Opening> {
        self.opening.clone()
    }

    pub(crate) fn declares(&self, capability: Capability) -> bool {
        self.store.capabilities().contains(capability)
    }

    pub(crate) fn shared(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    /// An event source on this store.
    pub(crate) fn source(&self) -> EventSource<Arc<dyn EventStore>> {
        EventSource::new(self.shared())
    }

    /// Appends to one stream, which must succeed.
    pub(crate) async fn write(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: Vec<NewEvent>,
    ) -> Receipt {
        let receipts = self.write_all(Append::to(stream.clone(), expected, events)).await;
        let [receipt] = receipts.try_into().expect("one receipt for one stream");
        receipt
    }

    /// Appends this many events to a stream, whatever its version.
    pub(crate) async fn fill(&self, stream: &StreamId, count: usize) -> Receipt {
        self.write(stream, ExpectedVersion::Any, super::events(count)).await
    }

    /// Appends, which must succeed.
    pub(crate) async fn write_all(&self, append: Append) -> Vec<Receipt> {
        self.append(append).await.expect("the append is accepted")
    }

    /// Appends, which must conflict.
    pub(crate) async fn conflict(&self, append: Append) -> Conflict {
        match self.append(append).await {
            Err(AppendError::Conflict { stream, expected, actual }) => Conflict { stream, expected, actual },
            other => panic!("expected a conflict, not {other:?}"),
        }
    }

    /// Appends, which must be refused as invalid.
    pub(crate) async fn refused(&self, append: Append) -> InvalidAppend {
        match self.append(append).await {
            Err(AppendError::Invalid(fault)) => fault,
            other => panic!("expected a refusal, not {other:?}"),
        }
    }

    /// All events of a stream, oldest first.
    pub(crate) async fn events_of(&self, stream: &StreamId) -> Vec<RecordedEvent> {
        self.forward(stream, 0, usize::MAX).await
    }

    pub(crate) async fn forward(&self, stream: &StreamId, after: u64, limit: usize) -> Vec<RecordedEvent> {
        let direction = Direction::Forward { after: Version::new(after) };
        self.read_stream(stream, direction, limit).await.expect("the stream can be read")
    }

    pub(crate) async fn backward(&self, stream: &StreamId, before: u64, limit: usize) -> Vec<RecordedEvent> {
        let direction = Direction::Backward { before: Version::new(before) };
        self.read_stream(stream, direction, limit).await.expect("the stream can be read")
    }

    /// A page of the log.
    pub(crate) async fn page(&self, after: Position, filter: &LogFilter, limit: usize) -> LogPage {
        self.read_log(after, filter, limit).await.expect("the log can be read")
    }

    /// All events of the log, in one page.
    pub(crate) async fn log(&self) -> Vec<RecordedEvent> {
        self.page(Position::START, &LogFilter::all(), usize::MAX).await.events
    }
}

impl Deref for Store {
    type Target = dyn EventStore;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// Executes a command that contends with others on one aggregate, until it no longer conflicts. While the stream
/// grows, other commands succeed. A macro, because a future that borrows through a closure cannot be spawned.
macro_rules! retried_on_conflict {
    ($execute:expr) => {{
        let mut progress =
            $crate::waiting::Progress::towards("this or another command on the aggregate to succeed");
        loop {
            match $execute.await {
                Err(eventsource::ExecuteError::Conflict { stream, actual, .. }) => {
                    progress.see((stream, actual));
                }
                executed => break executed,
            }
        }
    }};
}
pub(crate) use retried_on_conflict;

/// A part of an append to several streams.
pub(crate) fn part(stream: &StreamId, expected: ExpectedVersion, events: Vec<NewEvent>) -> StreamAppend {
    StreamAppend { stream: stream.clone(), expected, events }
}

/// An append to several streams.
pub(crate) fn several(streams: Vec<StreamAppend>) -> Append {
    Append { streams, idempotency_key: None, request: None }
}
