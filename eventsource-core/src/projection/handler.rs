//! Consumers with effects outside the store.

use std::{borrow::Cow, fmt, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use super::{EffectStore, FailurePolicy, ProjectionError};
use crate::{EventContext, EventSet, Recorded};

/// A consumer of the log with effects outside the store: it sends mail, calls a service or executes commands.
///
/// Each event is delivered at least once, and normally once: its effects cannot be rolled back, so after a crash
/// the events whose checkpoint was not committed yet are delivered again, each with the same
/// [`Delivery::idempotency_key`]. It is not a projection, and cannot be rebuilt: past mail is not sent again. For an effect
/// that must not be repeated, and whose service takes no such key, see [`Delivery::once`].
///
/// Write `#[async_trait]` on the `impl`, which `eventsource::async_trait` re-exports. Without it the compiler says that
/// `lifetime parameters … do not match the trait declaration` (E0195).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bank.rs"));
/// use eventsource::{Delivery, EventHandler, ProjectionError, async_trait};
///
/// struct Receipts;
///
/// #[async_trait]
/// impl EventHandler for Receipts {
///     type Event = AccountEvent;
///     const NAME: &'static str = "receipts";
///
///     async fn handle(&self, deposit: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
///         println!("mail {}: {:?}", deposit.idempotency_key, deposit.event);
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "implement `EventHandler`, with its event set and its name",
    note = "a `Projection`, such as that of a read model, is registered with `projection` or `inline` instead"
)]
pub trait EventHandler: Send + Sync + 'static {
    /// The events that it consumes.
    type Event: EventSet;

    /// Its name, under which its checkpoints are stored.
    const NAME: &'static str;

    /// Its former names, the oldest first. If the store knows the handler by one of these only, a start gives it the new
    /// name, with its checkpoints and its parked events; the keys of deliveries stay those of the oldest name. Running
    /// programs with the former name no longer handle its events, once they notice it with a commit or a heartbeat. A
    /// program that starts with the former name afterwards registers a new handler, which begins where its
    /// [`StartAt`](crate::store::StartAt) says.
    const WAS: &'static [&'static str] = &[];

    /// The number of partitions: events of one key are handled in order, partitions in parallel. A start with another
    /// number than the store has changes it: each new partition begins at the lowest checkpoint of the former ones, so no
    /// event is skipped, and the events that the others had handled after that are delivered again.
    const PARTITIONS: u32 = 1;

    /// How many events of each partition are handled at the same time, each of another key. By default one, and the
    /// events of a partition are then handled in the order of the log; 0 counts as 1. An event that failed keeps its
    /// place among them during the delay before its next attempt.
    ///
    /// The checkpoint is the position up to which all events are handled or parked. So one slow event delays the
    /// checkpoint, but not the events of other keys, up to
    /// `WorkerOptions::batch_events` of them.
    const CONCURRENCY: usize = 1;

    /// How long the checkpoint waits for further events before it is committed: after a crash, the events of this time
    /// are delivered again, as well as those that were handled next to an unfinished earlier one. It is committed at
    /// once when no event is left to be handled. With [`Duration::ZERO`] it is committed after each event, which costs
    /// a transaction each.
    const COMMIT_EVERY: Duration = Duration::from_millis(100);

    /// The partition key of the event; by default its stream. An event without a key is not handled.
    fn key<'a>(&self, event: &'a Recorded<Self::Event>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(event.context.stream.key()))
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// Any error; [`on_failure`](Self::on_failure) decides what happens next.
    async fn handle(&self, delivery: Delivery<'_, Self::Event>) -> Result<(), ProjectionError>;

    /// The policy when handling fails.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }

    /// The policy for this error; by default [`on_failure`](Self::on_failure), which also counts for a panic, and for what
    /// another process has stopped at or parked.
    ///
    /// ```
    /// # use eventsource::{FailurePolicy, OnFailure, ProjectionError};
    /// # use std::{io, time::Duration};
    /// # struct Mails;
    /// # impl Mails {
    /// fn on_error(&self, error: &ProjectionError) -> FailurePolicy {
    ///     match error.inner().downcast_ref::<io::Error>().map(io::Error::kind) {
    ///         // No such address: no other attempt can help.
    ///         Some(io::ErrorKind::InvalidInput) => FailurePolicy::default().attempts(1).then(OnFailure::Park),
    ///         // The service is down.
    ///         Some(_) => {
    ///             let hour = Duration::from_secs(3_600);
    ///             FailurePolicy::default().then(OnFailure::Park).again(Duration::from_secs(60), 6 * hour)
    ///         }
    ///         // A fault of this program.
    ///         None => FailurePolicy::default().attempts(1),
    ///     }
    /// }
    /// # }
    /// ```
    fn on_error(&self, error: &ProjectionError) -> FailurePolicy {
        let _ = error;
        self.on_failure()
    }
}

/// An event that is delivered to an [`EventHandler`].
#[derive(Clone, Copy)]
pub struct Delivery<'a, E> {
    /// The event.
    pub event: &'a E,
    /// Where and when it was recorded.
    pub context: &'a EventContext,
    /// The same for every delivery of this event to this handler, and unique to the pair: a UUID of version 5 of
    /// the handler's oldest name, the event's id, and its ordinal among the events that were upcast from the same stored
    /// event.
    pub idempotency_key: Uuid,
    /// Where the effects are kept that must not be repeated; nowhere in a test without a store.
    pub(super) effects: Option<&'a dyn EffectStore>,
}

impl<'a, E> Delivery<'a, E> {
    /// A delivery for a test that calls the handler itself, without a store. Effects that must not be
    /// [repeated](Self::once) are not kept, so each is [`Fresh`](super::Once::Fresh).
    #[must_use]
    pub fn new(event: &'a Recorded<E>, idempotency_key: Uuid) -> Self {
        Self { event: &event.event, context: &event.context, idempotency_key, effects: None }
    }

    /// The id of the aggregate that recorded it, as a text.
    #[must_use]
    pub fn aggregate_id(&self) -> &'a str {
        self.context.aggregate_id()
    }

    /// The same, where effects are kept.
    #[doc(hidden)]
    #[must_use]
    pub fn keeping(self, effects: &'a dyn EffectStore) -> Self {
        Self { effects: Some(effects), ..self }
    }
}

impl<E: fmt::Debug> fmt::Debug for Delivery<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event", self.event)
            .field("context", self.context)
            .field("idempotency_key", &self.idempotency_key)
            .finish_non_exhaustive()
    }
}
