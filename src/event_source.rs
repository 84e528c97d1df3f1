//! The entry point of an application: [`EventSource`], and how it is built. Its methods are in the files below, by topic;
//! what they do is in [`commands`](crate::commands), [`history`](crate::history) and
//! [`projections`](crate::projections).

mod commands;
mod history;
mod projections;
mod reacting;

use std::{fmt, sync::Arc};

use crate::{
    AggregateCache, EventHandler, Handle, Projection, Retry,
    awake::Awake,
    clock::TimerClock,
    commands::{Appender, CommandEngine},
    projections::{
        ProjectionEngine,
        consumer::{Consumer, Consumers, handler::HandlerConsumer, projection::ProjectionConsumer},
        inline::{self, MakeAppendPath},
    },
    reacting::{
        Policy, Process, ProcessStart, ScheduledCommand, TestClock, policy::run::PolicyConsumer,
        process::run::ProcessConsumer, scheduled::run::ScheduledConsumer,
    },
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
    store: Arc<S>,
    awake: Arc<Awake<S>>,
    commands: Arc<CommandEngine<S>>,
    pub(crate) projections: Arc<ProjectionEngine<S>>,
}

/// The settings of an [`EventSource`]; see [`EventSource::builder`].
pub struct EventSourceBuilder<S> {
    store: S,
    retry: Retry,
    cache: AggregateCache,
    projections: Vec<Arc<dyn Consumer<S>>>,
    handlers: Vec<(&'static str, MakeHandler<S>)>,
    /// Set once a projection is inline, because only then the store is known to be one that keeps projections.
    inline: Option<MakeAppendPath<S>>,
    clock: Option<TestClock>,
}

/// Makes a handler that is given an event source.
type MakeHandler<S> = Box<dyn FnOnce(&EventSource<S>) -> Arc<dyn Consumer<S>> + Send>;

impl<S: EventStore> EventSource<S> {
    /// Creates an event source with this store and the default settings.
    pub fn new(store: S) -> Self {
        Self::builder(store).build()
    }

    /// Returns a builder with this store, for settings other than the defaults.
    pub fn builder(store: S) -> EventSourceBuilder<S> {
        let (retry, cache) = (Retry::default(), AggregateCache::default());
        let (projections, handlers) = (Vec::new(), Vec::new());
        EventSourceBuilder { store, retry, cache, projections, handlers, inline: None, clock: None }
    }

    /// The store underneath.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
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

    /// Sets a clock that a test moves, for timers, scheduled commands, and what is tried again after a time.
    #[must_use]
    pub fn clock(self, clock: &TestClock) -> Self {
        Self { clock: Some(clock.clone()), ..self }
    }

    /// Builds the event source with these settings.
    pub fn build(self) -> EventSource<S> {
        let Self { store, retry, cache, projections, handlers, inline, clock } = self;
        let (store, projections): (_, Consumers<S>) = (Arc::new(store), projections.into());
        let awake = Arc::new(Awake::new(Arc::clone(&store)));
        let (inline, path) = inline.map(|make| make(&store, &projections)).unzip();
        let appender = Appender::new(Arc::clone(&store), retry, Arc::clone(&awake), path);
        let commands = Arc::new(CommandEngine::new(Arc::clone(&store), retry, cache, appender));
        let engine = ProjectionEngine::new(
            Arc::clone(&store),
            Arc::clone(&projections),
            Arc::clone(&awake),
            Arc::clone(&commands),
            inline,
            TimerClock::new(clock.as_ref()),
        );
        // It has no handlers, so a handler that keeps it does not keep itself.
        let without_handlers = EventSource { commands, projections: Arc::new(engine), awake, store };
        if handlers.is_empty() {
            return without_handlers;
        }
        let handlers = handlers.into_iter().map(|(_, make)| make(&without_handlers));
        let consumers = projections.iter().cloned().chain(handlers).collect();
        let engine = Arc::new(without_handlers.projections.with_consumers(consumers));
        EventSource { projections: engine, ..without_handlers }
    }
}

impl<S: ProjectionStore> EventSourceBuilder<S> {
    /// Registers a projection that follows the log. It runs once the event source is
    /// [started](EventSource::start).
    #[must_use]
    pub fn projection(mut self, projection: impl Projection<S>) -> Self {
        let consumer = ProjectionConsumer::new(projection, ProjectionKind::Following);
        self.projections.push(Arc::new(consumer));
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
        let consumer = ProjectionConsumer::new(projection, ProjectionKind::Inline);
        self.projections.push(Arc::new(consumer));
        self.inline = Some(inline::append_path);
        self
    }

    /// Registers an event handler, which has effects outside the store. When it is new, it begins at `start`;
    /// later it resumes from its checkpoint.
    #[must_use]
    pub fn handler(self, handler: impl EventHandler, start: StartAt) -> Self {
        self.handler_with(|_| handler, start)
    }

    /// Registers an event handler that executes commands or reads rows: it is made with an event source on the same
    /// store, which shares the command queues, the cache and the inline projections of the one that is built.
    ///
    /// That event source has no handlers. So the handler may keep it, and everything is freed when the program drops the
    /// event source that was built, and its [workers](crate::Workers) have ended.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// use eventsource::{Delivery, EventHandler, ProjectionError, async_trait, store::{ProjectionStore, StartAt}};
    ///
    /// /// Pays a fee of each deposit into the account of the bank.
    /// struct Fees<S> { es: EventSource<S> }
    ///
    /// #[async_trait]
    /// impl<S: ProjectionStore> EventHandler for Fees<S> {
    ///     type Event = AccountEvent;
    ///     const NAME: &'static str = "fees";
    ///
    ///     async fn handle(&self, deposit: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
    ///         if deposit.aggregate_id() != "bank" {
    ///             let key = deposit.idempotency_key.to_string();
    ///             self.es.execute(Deposit("bank", 1)).idempotency_key(key).await?;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::builder(MemoryStore::new()).handler_with(|es| Fees { es }, StartAt::Beginning).build();
    /// let workers = es.start().await?;
    /// let receipt = es.execute(Deposit("acc-1", 100)).await?;
    /// es.wait_for("fees", receipt.position).await?;
    /// assert_eq!(es.load::<Account>("bank").await?.state.balance, 1);
    /// workers.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn handler_with<H: EventHandler>(
        mut self,
        make: impl FnOnce(EventSource<S>) -> H + Send + 'static,
        start: StartAt,
    ) -> Self {
        let make = move |es: &EventSource<S>| -> Arc<dyn Consumer<S>> {
            Arc::new(HandlerConsumer::new(make(es.clone()), start))
        };
        self.handlers.push((H::NAME, Box::new(make)));
        self
    }

    /// Registers a policy, which reacts to events with commands. When it is new, it begins at `start`; later it resumes
    /// from its checkpoint.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy, start: StartAt) -> Self {
        self.projections.push(Arc::new(PolicyConsumer::new(policy, start)));
        self
    }

    /// Registers a process manager, which reacts to events and timers with commands. When it is new, it begins at `start`,
    /// a [`StartAt`] or [`ProcessStart::WarmUp`]; later it resumes from its checkpoint.
    #[must_use]
    pub fn process<P: Process>(mut self, start: impl Into<ProcessStart>) -> Self {
        self.projections.push(Arc::new(ProcessConsumer::<P>::new(start.into())));
        self
    }

    /// Registers a command that can be [scheduled](EventSource::schedule): started programs that have registered it execute
    /// it when it is due.
    #[must_use]
    pub fn scheduled<C: ScheduledCommand>(mut self) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        self.projections.push(Arc::new(ScheduledConsumer::<C>::new()));
        self
    }
}

impl<S> fmt::Debug for EventSourceBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let projections = self.projections.iter().map(|consumer| consumer.definition().name.as_str());
        let names = projections.chain(self.handlers.iter().map(|(name, _)| *name));
        f.debug_struct("EventSourceBuilder")
            .field("retry", &self.retry)
            .field("projections", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<S> Clone for EventSource<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            awake: Arc::clone(&self.awake),
            commands: Arc::clone(&self.commands),
            projections: Arc::clone(&self.projections),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for EventSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource").field("store", &self.store).finish_non_exhaustive()
    }
}
