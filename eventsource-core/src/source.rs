//! Executing commands and reading what they recorded, on any store.

mod append;
mod atomically;
mod check;
mod error;
mod execute;
mod load;
mod origin;
mod read;
mod retry;
mod snapshots;

use std::{fmt, sync::Arc};

pub use atomically::{Atomically, RejectedCommand};
pub use check::{SchemaCheck, SchemaReport, SchemaVerdict};
pub use error::{ExecuteError, ReadError};
pub use execute::Execute;
pub use load::{AsOf, Loaded};
pub use read::EventStream;
pub use retry::Retry;

use crate::{Aggregate, Command, EventSet, Handle, Position, store::EventStore};

/// The way in for an application: executes commands on aggregates and reads their events. Cheap to clone.
///
/// ```
/// # use eventsource::prelude::*;
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// # #[event(category = "counter")]
/// # enum CounterEvent { Counted }
/// # #[derive(Debug, Default, Aggregate)]
/// # #[aggregate(event = CounterEvent, id = String)]
/// # struct Counter { count: u32 }
/// # impl Apply<CounterEvent> for Counter { fn apply(&mut self, _: CounterEvent) { self.count += 1 } }
/// # #[derive(Command)]
/// # #[command(aggregate = Counter)]
/// # struct Count { #[command(id)] counter: String }
/// # impl Handle<Count> for Counter {
/// #     type Error = std::convert::Infallible;
/// #     fn handle(&self, _: &Count) -> Result<Vec<CounterEvent>, Self::Error> { Ok(vec![CounterEvent::Counted]) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let es = EventSource::new(MemoryStore::new());
/// let receipt = es.execute(Count { counter: "visits".to_owned() }).await?;
/// assert_eq!(receipt.version, Version::new(1));
/// assert_eq!(es.load::<Counter>(&"visits".to_owned()).await?.state.count, 1);
/// # Ok(())
/// # }
/// ```
pub struct EventSource<S> {
    inner: Arc<Inner<S>>,
}

/// The settings of an [`EventSource`]; see [`EventSource::builder`].
#[derive(Debug)]
pub struct EventSourceBuilder<S> {
    store: S,
    retry: Retry,
}

pub(crate) struct Inner<S> {
    pub(crate) store: S,
    pub(crate) retry: Retry,
    pub(crate) snapshots: snapshots::SnapshotWriter,
}

impl<S: EventStore> EventSource<S> {
    /// With this store and the default settings.
    pub fn new(store: S) -> Self {
        Self::builder(store).build()
    }

    /// With this store and settings to choose.
    pub fn builder(store: S) -> EventSourceBuilder<S> {
        EventSourceBuilder { store, retry: Retry::default() }
    }

    /// The store underneath.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// Executes a command: loads the aggregate, lets it decide, appends its events. Options come before the
    /// `.await`.
    ///
    /// When another command on the same aggregate was faster, what is new is loaded and the command decided
    /// again, as often as [`Retry`] says.
    pub fn execute<C: Command>(&self, command: C) -> Execute<'_, S, C>
    where
        C::Aggregate: Handle<C>,
    {
        Execute::new(&self.inner, command)
    }

    /// Executes several commands on several aggregates as one: all are decided, then all their events are
    /// appended at once, or none.
    pub fn atomically(&self) -> Atomically<'_, S> {
        Atomically::new(&self.inner)
    }

    /// The state of an aggregate as it is now. One without events is its `Default` at version 0.
    ///
    /// # Errors
    ///
    /// If the id cannot name a stream, an event cannot be decoded, or the store cannot be read.
    pub async fn load<A: Aggregate>(&self, id: &A::Id) -> Result<Loaded<A>, ReadError> {
        load::current(&self.inner.store, crate::StreamId::of::<A>(id)?).await
    }

    /// The state of an aggregate as it was after a version, at a position of the log, or at a time.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_as_of<A: Aggregate>(
        &self,
        id: &A::Id,
        as_of: impl Into<AsOf>,
    ) -> Result<Loaded<A>, ReadError> {
        load::as_of(&self.inner.store, crate::StreamId::of::<A>(id)?, as_of.into()).await
    }

    /// The recorded events of one aggregate, oldest first.
    pub fn history<A: Aggregate>(&self, id: &A::Id) -> EventStream<A::Event> {
        read::history(Arc::clone(&self.inner), crate::StreamId::of::<A>(id))
    }

    /// The recorded events of a set, of all streams in the order of the log, after a position and up to what
    /// is settled when the end is reached. To go on later, begin after the last event's position.
    pub fn replay<E: EventSet>(&self, after: Position) -> EventStream<E> {
        read::replay(Arc::clone(&self.inner), after)
    }

    /// Compares every event type and version in the store with what `E` can decode, trying real payloads.
    ///
    /// It reads the whole log once: run it before a deploy, not on every start.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn check_schemas<E: EventSet>(&self) -> Result<SchemaReport, crate::store::StoreError> {
        check::check::<E>(&self.inner.store).await
    }

    /// Waits until the snapshots that are being written in the background are written; for the end of a
    /// program, or a test.
    pub async fn flush(&self) {
        self.inner.snapshots.flush().await;
    }
}

impl<S: EventStore> EventSourceBuilder<S> {
    /// How often, and at what distance, a command is decided again after a conflict.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// The event source with these settings.
    pub fn build(self) -> EventSource<S> {
        let Self { store, retry } = self;
        EventSource {
            inner: Arc::new(Inner { store, retry, snapshots: snapshots::SnapshotWriter::default() }),
        }
    }
}

impl<S> Clone for EventSource<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: fmt::Debug> fmt::Debug for EventSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource").field("store", &self.inner.store).finish_non_exhaustive()
    }
}
