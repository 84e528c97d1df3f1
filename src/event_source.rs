//! The engine on top of any store: executes commands, reads events and runs projections.

mod append;
mod atomically;
mod awake;
mod by_name;
mod cache;
mod check;
mod consumer;
mod error;
mod execute;
mod import;
mod inline;
mod live_versions;
mod load;
mod operate;
mod origin;
mod parked;
mod project;
mod queue;
mod queues;
mod read;
mod rebuild;
mod retry;
mod snapshots;
mod status;
mod wait;
mod workers;

use std::{fmt, sync::Arc};

pub use atomically::{Atomically, RejectedCommand};
pub use by_name::{OperateError, UnknownProjection};
pub use cache::AggregateCache;
pub use check::{CheckSchemas, RenamedCategory, SchemaCheck, SchemaReport, SchemaVerdict};
pub use error::{ExecuteError, ReadError, ReusedKey, RowsError};
pub use execute::Execute;
pub use import::{Import, ImportItem};
pub use load::{AsOf, Loaded};
pub use parked::{Parked, ParkedError, ParkedPage, ParkedRetries, ParkedRetry};
pub use project::Project;
pub use read::EventStream;
pub use rebuild::{Rebuild, RebuildError, RebuildProgress, Rebuilt};
pub use retry::Retry;
pub use status::{Owner, ProjectionState, ProjectionStatus, Status};
pub use wait::{WaitError, WaitFor};
pub use workers::{ShutdownError, StartError, StoppedProjection, WorkerOptions, Workers};

use crate::{
    Aggregate, Command, EventHandler, EventSet, Handle, Position, Projection, ReadModel,
    store::{EventStore, ProjectionKind, ProjectionStore, StartAt},
};

/// The entry point of an application: executes commands on aggregates and reads their events. Cheap to clone.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Tried {
/// let es = EventSource::new(MemoryStore::new());
/// let receipt = es.execute(Deposit("acc-1", 100)).await?;
/// assert_eq!(receipt.version, Version::new(1));
///
/// let rejected = es.execute(Withdraw("acc-1", 500)).await.unwrap_err();
/// assert_eq!(rejected.rejection(), Some(Overdrawn(100)));
///
/// assert_eq!(es.load::<Account>("acc-1").await?.state.balance, 100);
/// # Ok(())
/// # }
/// ```
pub struct EventSource<S> {
    inner: Arc<Inner<S>>,
}

/// The settings of an [`EventSource`]; see [`EventSource::builder`].
pub struct EventSourceBuilder<S> {
    store: S,
    retry: Retry,
    cache: AggregateCache,
    consumers: Vec<Arc<dyn consumer::Consumer<S>>>,
    inline: Option<Arc<dyn inline::AppendPath<S>>>,
}

pub(crate) struct Inner<S> {
    pub(crate) store: S,
    pub(crate) retry: Retry,
    pub(crate) queues: Arc<queues::CommandQueues>,
    pub(crate) snapshots: snapshots::SnapshotWriter,
    pub(crate) awake: awake::Awake,
    pub(crate) consumers: Vec<Arc<dyn consumer::Consumer<S>>>,
    pub(crate) inline: Option<Arc<dyn inline::AppendPath<S>>>,
    pub(crate) progress: workers::Progress,
    pub(crate) live_versions: live_versions::LiveVersions,
}

impl<S: EventStore> EventSource<S> {
    /// Creates an event source with this store and the default settings.
    pub fn new(store: S) -> Self {
        Self::builder(store).build()
    }

    /// Returns a builder with this store, for settings other than the defaults.
    pub fn builder(store: S) -> EventSourceBuilder<S> {
        let (retry, cache) = (Retry::default(), AggregateCache::default());
        EventSourceBuilder { store, retry, cache, consumers: Vec::new(), inline: None }
    }

    /// The store underneath.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// Executes a command: takes the aggregate from the cache or loads it, lets it handle the command, and appends
    /// its events. Options come before the `.await`.
    ///
    /// Commands on one aggregate are queued and handled in the order of their arrival; pending appends are
    /// group-committed. After a conflict with another process, the new events are loaded and the command is
    /// handled again, as often as [`Retry`] allows.
    pub fn execute<C: Command>(&self, command: C) -> Execute<'_, S, C>
    where
        C::Aggregate: Handle<C>,
    {
        Execute::new(&self.inner, command)
    }

    /// Executes several commands on several aggregates as one: all are handled, then either all their events are
    /// appended, as one unit, or none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    ///
    /// let transfer = es.atomically().execute(Withdraw("acc-1", 30)).execute(Deposit("acc-2", 30));
    /// let receipts = transfer.await?;
    /// assert_eq!(receipts.len(), 2);
    ///
    /// let too_much = es.atomically().execute(Deposit("acc-2", 900)).execute(Withdraw("acc-1", 900)).await;
    /// let rejected = too_much.unwrap_err().rejection().expect("an overdraft");
    /// assert_eq!(rejected.downcast_ref(), Some(&Overdrawn(70)));
    /// assert_eq!(es.load::<Account>("acc-2").await?.state.balance, 30);
    /// # Ok(())
    /// # }
    /// ```
    pub fn atomically(&self) -> Atomically<'_, S> {
        Atomically::new(&self.inner)
    }

    /// The current state of an aggregate. An aggregate without events is its `Default` at version 0.
    ///
    /// # Errors
    ///
    /// If the id cannot name a stream, an event cannot be decoded, or the store cannot be read.
    pub async fn load<A: Aggregate>(&self, id: &A::Id) -> Result<Loaded<A>, ReadError> {
        load::current(&self.inner.store, crate::StreamId::of::<A>(id)?).await
    }

    /// The state of an aggregate as it was after a version, at a position of the log, or at a time.
    ///
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Withdraw("acc-1", 30)).await?;
    /// assert_eq!(es.load_as_of::<Account>("acc-1", Version::new(1)).await?.state.balance, 100);
    /// assert_eq!(es.load_as_of::<Account>("acc-1", Timestamp::now()).await?.state.balance, 70);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).metadata("channel", "web").await?;
    /// let history: Vec<Recorded<AccountEvent>> = es.history::<Account>("acc-1").try_collect().await?;
    /// assert_eq!(history[0].event, AccountEvent::Deposited { amount: 100 });
    /// assert_eq!(history[0].metadata.value("channel"), Some("web"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn history<A: Aggregate>(&self, id: &A::Id) -> EventStream<A::Event> {
        read::history(Arc::clone(&self.inner), crate::StreamId::of::<A>(id))
    }

    /// The recorded events of an event set, from all streams, in the order of the log. They begin after a position
    /// and end at the horizon. To continue later, begin after the position of the last event.
    ///
    /// An event of a type that `E` does not have is an error, if `E` reads its category
    /// [completely](EventSet::CATEGORIES), and is skipped otherwise.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Deposit("acc-2", 50)).await?;
    ///
    /// let mut turnover = 0;
    /// let mut log = es.replay::<AccountEvent>(Position::START);
    /// while let Some(recorded) = log.try_next().await? {
    ///     if let AccountEvent::Deposited { amount } = recorded.event {
    ///         turnover += amount;
    ///     }
    /// }
    /// assert_eq!(turnover, 150);
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay<E: EventSet>(&self, after: Position) -> EventStream<E> {
        read::replay(Arc::clone(&self.inner), after)
    }

    /// Folds a read model from the log or one stream without storing anything.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[derive(Clone, Serialize, Deserialize, ReadModel)]
    /// # #[read_model(table = "balances")]
    /// # struct Balance { #[read_model(key)] account: String, amount: u64 }
    /// # impl Fold<AccountEvent> for Balance {
    /// #     fn key(event: &Recorded<AccountEvent>) -> Option<String> { Some(event.aggregate_id().to_owned()) }
    /// #     fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
    /// #         let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
    /// #         let before = row.map_or(0, |row| row.amount);
    /// #         Change::Put(Self { account: event.aggregate_id().to_owned(), amount: before + amount })
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Deposit("acc-1", 20)).await?;
    /// let balances = es.project::<Balance>().of_log().await?;
    /// assert_eq!(balances.get(&"acc-1".to_owned()).map(|row| row.amount), Some(120));
    /// # Ok(())
    /// # }
    /// ```
    pub fn project<R: ReadModel>(&self) -> Project<'_, S, R> {
        Project::new(&self.inner)
    }

    /// Checks for every event type and version in the store whether `E` can decode it, by decoding stored payloads:
    /// by default 20 of each, chosen at random, other [`samples`](CheckSchemas::samples), or [`all`](CheckSchemas::all).
    /// Also finds a category of `E` that seems to be renamed.
    ///
    /// Only the events that `E` reads are decoded: those of its types, and those of its categories unless it is
    /// `partial`. Others are listed.
    ///
    /// It reads the whole log once: run it before a deploy, not on every start.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// let report = es.check_schemas::<AccountEvent>().await?;
    /// assert!(report.is_decodable(), "{report}");
    /// let report = es.check_schemas::<AccountEvent>().all().with_progress(|events| println!("{events} events")).await?;
    /// assert!(report.is_decodable(), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn check_schemas<E: EventSet>(&self) -> CheckSchemas<'_, S, E> {
        CheckSchemas::new(&self.inner)
    }

    /// Waits until the snapshots that are being written in the background are written. Call it at the end of a
    /// program or of a test.
    pub async fn flush(&self) {
        self.inner.snapshots.flush().await;
    }
}

impl<S: EventStore> EventSourceBuilder<S> {
    /// Sets how long, and with which delays, a command is retried after a conflict.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// Sets how many aggregates are cached between commands.
    #[must_use]
    pub fn cache(self, cache: AggregateCache) -> Self {
        Self { cache, ..self }
    }

    /// Builds the event source with these settings.
    pub fn build(self) -> EventSource<S> {
        let Self { store, retry, cache, consumers, inline } = self;
        EventSource {
            inner: Arc::new(Inner {
                store,
                retry,
                queues: Arc::new(queues::CommandQueues::new(cache)),
                snapshots: snapshots::SnapshotWriter::default(),
                awake: awake::Awake::default(),
                consumers,
                inline,
                progress: workers::Progress::default(),
                live_versions: live_versions::LiveVersions::default(),
            }),
        }
    }
}

impl<S: ProjectionStore> EventSourceBuilder<S> {
    /// Registers a projection that follows the log. It runs once the event source is
    /// [started](EventSource::start).
    #[must_use]
    pub fn projection(mut self, projection: impl Projection<S>) -> Self {
        let consumer = consumer::ProjectionConsumer::new(projection, ProjectionKind::Following);
        self.consumers.push(Arc::new(consumer));
        self
    }

    /// Registers an inline projection, which is updated in the transaction of each append: a read after a command
    /// sees its effect. If the projection fails, the command fails too, and nothing is stored.
    ///
    /// The projection follows the log until a [started](EventSource::start) program has caught up with the stored
    /// events; then it is promoted. From then on, programs that do not register it inline cannot append. Programs
    /// whose commands write the same rows at the same time wait for each other.
    #[must_use]
    pub fn inline(mut self, projection: impl Projection<S>) -> Self {
        let consumer = consumer::ProjectionConsumer::new(projection, ProjectionKind::Inline);
        self.consumers.push(Arc::new(consumer));
        self.inline.get_or_insert_with(|| Arc::new(inline::InlineAppends::default()));
        self
    }

    /// Registers an event handler, which has effects outside the store. When it is new, it begins at `start`;
    /// later it resumes from its checkpoint.
    #[must_use]
    pub fn handler(mut self, handler: impl EventHandler, start: StartAt) -> Self {
        self.consumers.push(Arc::new(consumer::HandlerConsumer::new(handler, start)));
        self
    }
}

impl<S> fmt::Debug for EventSourceBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.consumers.iter().map(|consumer| &consumer.definition().name);
        f.debug_struct("EventSourceBuilder")
            .field("retry", &self.retry)
            .field("projections", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
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
