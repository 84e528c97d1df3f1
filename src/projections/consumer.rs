//! Consumers of the log as the workers use them: projections and event handlers, with their types erased.

pub(crate) mod buffer;
pub(crate) mod handler;
mod keys;
pub(crate) mod projection;

use std::{
    borrow::Cow,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{FutureExt, future::BoxFuture};

use super::engine::ProjectionEngine;
use crate::{
    EventContext, EventSet, FailurePolicy, Position, ProjectionError, RecordedEvent, Timestamp,
    store::{
        BoxError, Definition, Escaped, Generation, GenerationId, Lease, LogFilter, ParkedEvent,
        ProjectionKind, ProjectionStore, StopReason, SupportedProjection, Timer,
    },
};

pub(crate) use buffer::parked;
pub(crate) use keys::{partition_of, storable};

/// The registered projections and event handlers of a program.
pub(crate) type Consumers<S> = Arc<[Arc<dyn Consumer<S>>]>;

/// A registered projection or event handler.
///
/// The bounds are on the methods: an event source has a list of consumers for any store, and the list is empty for
/// a store without read models.
#[async_trait]
pub(crate) trait Consumer<S>: Send + Sync {
    fn definition(&self) -> &Definition;

    fn on_failure(&self) -> FailurePolicy;

    /// Its former names, the oldest first.
    fn former_names(&self) -> &'static [&'static str];

    /// The policy for a fault of this kind.
    fn policy_for(&self, fault: &Fault) -> FailurePolicy;

    /// How its events are delivered, if it is an event handler. A projection applies them in batches.
    fn delivery(&self) -> Option<DeliveryOptions>;

    /// The events that it consumes.
    fn filter(&self) -> &LogFilter;

    /// What it does with events of a type.
    fn known(&self, event_type: &str) -> Known;

    /// Whether it keeps the rows of a read model, and names those that an event changes.
    fn names_rows(&self) -> bool
    where
        S: ProjectionStore,
    {
        false
    }

    /// The keys of the rows that an event changes, as JSON.
    fn row_keys(&self, event: &RecordedEvent) -> Result<Vec<String>, Fault>
    where
        S: ProjectionStore,
    {
        let _ = event;
        Ok(Vec::new())
    }

    /// Creates its tables.
    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError>
    where
        S: ProjectionStore;

    /// Checks the existing tables.
    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError>
    where
        S: ProjectionStore;

    /// Starts processing a partition.
    fn work(self: Arc<Self>, engine: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>>
    where
        S: ProjectionStore;

    /// Applies the events of one append within its transaction.
    async fn apply_inline(
        &self,
        events: &[RecordedEvent],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>
    where
        S: ProjectionStore;
}

/// Access to the buffered events without their type.
pub(crate) trait BufferedEvents {
    /// The number of buffered events.
    fn len(&self) -> usize;

    fn context(&self, index: usize) -> &EventContext;

    /// The keys of this partition for which the event is applied; none if it was parked under all of them.
    fn keys(&self, index: usize) -> &[String];

    /// The events of parked keys, above one position and up to another.
    fn to_park(&self, after: Position, up_to: Position) -> Vec<ParkedEvent>;
}

/// A consumer that processes one partition: the buffered events, and the rows that it caches while it holds the
/// lease.
#[async_trait]
pub(crate) trait Work<S: ProjectionStore>: Send + Sync {
    /// Decodes an event, owned or shared with other readers, and buffers the events that it consumes in the order
    /// of arrival.
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault>;

    /// The buffered events.
    fn buffered(&self) -> &dyn BufferedEvents;

    /// Takes the buffered events of an event handler, to be delivered one by one.
    fn jobs(&mut self) -> Vec<Job>;

    /// Begins to process a partition, with the process instances in it that an operator has suspended.
    fn begin(&mut self, generation: &Generation, lease: &Lease, suspended: &HashSet<String>) {
        let _ = (generation, lease, suspended);
    }

    /// The earliest timer that was set by the transactions since the last call.
    fn take_next_timer(&mut self) -> Option<Timestamp> {
        None
    }

    /// Does what firing timers needs, before the transaction begins. They are then applied as no events.
    async fn prepare_timers(&mut self, due: &[Timer], now: Timestamp) -> Result<(), ProjectionError> {
        let _ = (due, now);
        Ok(())
    }

    /// Does what applying the buffered events from one index to another needs, before the transaction begins: for all of
    /// their keys or for `only` one of them.
    async fn prepare(&mut self, from: usize, to: usize, only: Option<&str>) -> Result<(), ProjectionError> {
        let _ = (from, to, only);
        Ok(())
    }

    /// Applies the buffered events of a projection from one index to another, for the same keys.
    async fn apply(
        &mut self,
        from: usize,
        to: usize,
        only: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>;

    /// Reports whether the transaction of the last `prepare` and `apply` was committed.
    fn transaction_ended(&mut self, committed: bool);

    /// Marks a buffered event as one to park under one of its keys, with the error if it failed. It stays in the buffer,
    /// and is no longer applied for this key.
    fn park(&mut self, index: usize, key: &str, error: Option<String>, attempts: usize);

    /// Removes a buffered event.
    fn remove(&mut self, index: usize);

    /// Discards the buffered events.
    fn clear(&mut self);
}

/// How the events of a partition are delivered to an event handler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryOptions {
    /// How many at the same time, from 1.
    pub(crate) concurrency: usize,
    /// How long the checkpoint waits for further events.
    pub(crate) commit_every: Duration,
}

/// An event to be delivered to an event handler.
pub(crate) trait Deliver: Send + Sync {
    fn context(&self) -> &EventContext;

    /// Calls the handler, which may panic.
    fn deliver(self: Arc<Self>) -> BoxFuture<'static, Result<(), ProjectionError>>;
}

/// The same with its key.
pub(crate) struct Job {
    pub(crate) key: String,
    pub(crate) event: Arc<dyn Deliver>,
}

impl Job {
    pub(crate) fn position(&self) -> Position {
        self.event.context().position
    }
}

/// What a consumer does with events of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It reads all schema versions up to this one.
    UpTo(u32),
    /// It ignores them, because the type was removed.
    Removed,
    /// Its set does not have the type.
    No,
}

impl Known {
    pub(crate) fn of<E: EventSet>(event_type: &str) -> Self {
        if E::REMOVED.contains(&event_type) {
            return Self::Removed;
        }
        let of_type = E::TYPES.iter().find(|ty| ty.names().any(|name| name == event_type));
        of_type.map_or(Self::No, |ty| Self::UpTo(ty.version))
    }
}

/// Whether the program can pass the event that a partition stopped at because another program did not know it.
pub(crate) fn can_pass<S>(consumer: &dyn Consumer<S>, reason: &StopReason) -> bool {
    let StopReason::NeedsNewerProgram { category, event_type, schema_version, .. } = reason else {
        return false;
    };
    match consumer.known(event_type) {
        Known::UpTo(version) => version >= *schema_version,
        Known::Removed => true,
        Known::No => !consumer.definition().event_types.categories.contains(category),
    }
}

/// Selects the events of a partition.
#[derive(Clone, Copy)]
pub(crate) struct Share<'a> {
    pub(crate) partition: u32,
    pub(crate) of: u32,
    /// The keys whose events are parked.
    pub(crate) parked: &'a dyn Fn(&str) -> bool,
}

/// Another transaction was faster: the same events can be applied again immediately.
#[derive(Debug, thiserror::Error)]
#[error("another append was faster")]
pub(crate) struct Contended;

/// An operator has suspended or aborted an instance meanwhile: the runner reads which from the store.
#[derive(Debug, thiserror::Error)]
#[error("an instance was suspended or aborted")]
pub(crate) struct Held;

/// What the events need is missing for now, such as a newer program: they are tried again until it is there, and are
/// neither skipped nor parked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NotYet(pub(crate) BoxError);

/// An error or a panic in the application's code.
#[derive(Debug)]
pub(crate) enum Fault {
    Undecodable(crate::DecodeError),
    Failed(ProjectionError),
    Panicked(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Undecodable(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "panicked: {}", Escaped(message)),
        }
    }
}

impl From<Fault> for ProjectionError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Undecodable(error) => error.into(),
            Fault::Failed(error) => error,
            Fault::Panicked(_) => Self::new(fault.to_string()),
        }
    }
}

/// Runs code of the application, and turns a panic into a fault.
pub(crate) async fn guarded<T>(
    call: impl Future<Output = Result<T, ProjectionError>> + Send,
) -> Result<T, Fault> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(result) => result.map_err(Fault::Failed),
        Err(panic) => Err(Fault::Panicked(message_of(&*panic))),
    }
}

/// The same for synchronous code.
pub(crate) fn guarded_now<T>(call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result,
        Err(panic) => Err(Fault::Panicked(message_of(&*panic))),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

/// What a worker announces that it can process.
pub(crate) fn supported(definition: &Definition) -> SupportedProjection {
    SupportedProjection { name: definition.name.clone(), version: definition.version, kind: definition.kind }
}

/// The code of this program for a generation.
pub(crate) fn consumer_of<'a, S>(
    consumers: &'a [Arc<dyn Consumer<S>>],
    generation: &Generation,
) -> Option<&'a Arc<dyn Consumer<S>>> {
    consumers.iter().find(|it| it.definition().is_for(generation))
}

/// The version of a projection that this program has registered.
pub(crate) fn version_of<S>(consumers: &[Arc<dyn Consumer<S>>], name: &str) -> Option<u32> {
    let definition = consumers.iter().map(|it| it.definition()).find(|it| it.name == name)?;
    definition.kind.keeps_rows().then_some(definition.version)
}

/// Whether this program cannot append while the generation is inline, and keeps programs with that version from
/// promoting it again: it registers the projection as following the log, or in a later version.
pub(crate) fn must_follow<S>(consumers: &[Arc<dyn Consumer<S>>], generation: &Generation) -> bool {
    let mut definitions = consumers.iter().map(|consumer| consumer.definition());
    definitions.any(|it| {
        let follows = it.is_for(generation) && !is_inline(it);
        follows || it.name == generation.name && it.version > generation.version
    })
}

/// Whether the program registered it as inline.
pub(crate) fn is_inline(definition: &Definition) -> bool {
    definition.kind == ProjectionKind::Inline
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OnFailure,
        projections::sample::{Pages, generation},
    };

    #[test]
    fn a_program_keeps_a_generation_from_being_inline_that_it_follows_or_has_a_later_version_of() {
        let must = |kind: ProjectionKind, generation: &Generation| {
            must_follow(&Pages::new(OnFailure::Stop).consumers(kind), generation)
        };
        let own = generation(1, &[0]);
        assert!(must(ProjectionKind::Following, &own));
        assert!(!must(ProjectionKind::Inline, &own));
        for kind in [ProjectionKind::Following, ProjectionKind::Inline] {
            assert!(must(kind, &Generation { version: 0, ..own.clone() }), "an earlier version");
            assert!(!must(kind, &Generation { version: 2, ..own.clone() }), "a later version");
            assert!(!must(kind, &Generation { version: 0, name: "others".to_owned(), ..own.clone() }));
        }
    }
}
