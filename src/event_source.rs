//! The entry point of an application: [`EventSource`], and how it is built. Its methods are in the files below, by topic;
//! what they do is in [`commands`](crate::commands), [`history`](crate::history) and
//! [`projections`](crate::projections).

mod commands;
mod history;
mod projections;

use std::{fmt, sync::Arc};

use crate::{
    AggregateCache, EventHandler, Projection, Retry,
    awake::Awake,
    commands::{Appender, CommandEngine},
    projections::{
        ProjectionEngine,
        consumer::{Consumer, handler::HandlerConsumer, projection::ProjectionConsumer},
        inline::{self, MakeAppendPath},
    },
    reacting::{Policy, consumer::PolicyConsumer},
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
    consumers: Vec<Arc<dyn Consumer<S>>>,
    /// Set once a projection is inline, because only then the store is known to be one that keeps projections.
    inline: Option<MakeAppendPath<S>>,
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

    /// Builds the event source with these settings.
    pub fn build(self) -> EventSource<S> {
        let Self { store, retry, cache, consumers, inline } = self;
        let (store, consumers) = (Arc::new(store), consumers.into());
        let awake = Arc::new(Awake::new(Arc::clone(&store)));
        let (inline, path) = inline.map(|make| make(&store, &consumers)).unzip();
        let appender = Appender::new(Arc::clone(&store), retry, Arc::clone(&awake), path);
        let commands = Arc::new(CommandEngine::new(Arc::clone(&store), retry, cache, appender));
        let projections = ProjectionEngine::new(
            Arc::clone(&store),
            consumers,
            Arc::clone(&awake),
            Arc::clone(&commands),
            inline,
        );
        EventSource { commands, projections: Arc::new(projections), awake, store }
    }
}

impl<S: ProjectionStore> EventSourceBuilder<S> {
    /// Registers a projection that follows the log. It runs once the event source is
    /// [started](EventSource::start).
    #[must_use]
    pub fn projection(mut self, projection: impl Projection<S>) -> Self {
        let consumer = ProjectionConsumer::new(projection, ProjectionKind::Following);
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
        let consumer = ProjectionConsumer::new(projection, ProjectionKind::Inline);
        self.consumers.push(Arc::new(consumer));
        self.inline = Some(inline::append_path);
        self
    }

    /// Registers an event handler, which has effects outside the store. When it is new, it begins at `start`;
    /// later it resumes from its checkpoint.
    #[must_use]
    pub fn handler(mut self, handler: impl EventHandler, start: StartAt) -> Self {
        self.consumers.push(Arc::new(HandlerConsumer::new(handler, start)));
        self
    }

    /// Registers a policy, which reacts to events with commands. When it is new, it begins at `start`; later it resumes
    /// from its checkpoint.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy, start: StartAt) -> Self {
        self.consumers.push(Arc::new(PolicyConsumer::new(policy, start)));
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
