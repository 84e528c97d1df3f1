//! Consumers that reach outside the store.

use std::{borrow::Cow, ops::Deref};

use async_trait::async_trait;
use uuid::Uuid;

use super::{FailurePolicy, ProjectionError};
use crate::{EventSet, Recorded};

/// A consumer of the log that reaches outside: sends mail, calls a service, executes commands.
///
/// It is given every event at least once, and once as a rule: what it did cannot be rolled back, so after a
/// crash the event in hand comes again, under the same [`Delivery::idempotency_key`]. It is not a projection,
/// and cannot be rebuilt: past mail is not sent again.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// use async_trait::async_trait;
/// use eventsource::{Delivery, EventHandler, ProjectionError};
///
/// struct Receipts;
///
/// #[async_trait]
/// impl EventHandler for Receipts {
///     type Event = AccountEvent;
///     const NAME: &'static str = "receipts";
///
///     async fn handle(&self, deposit: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
///         println!("mail {}: {:?}", deposit.idempotency_key, deposit.event.event);
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "implement `EventHandler`, with the events it is given and its name"
)]
pub trait EventHandler: Send + Sync + 'static {
    /// The events it is given.
    type Event: EventSet;

    /// Its name, under which its progress is kept.
    const NAME: &'static str;

    /// How many partitions it has: events of one key are handled in order, partitions in parallel. Fixed when
    /// it is first started.
    const PARTITIONS: u32 = 1;

    /// What the event is partitioned by; by default its stream. An event without a key is not handled.
    fn key<'a>(&self, event: &'a Recorded<Self::Event>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(event.stream.to_string()))
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; [`on_failure`](Self::on_failure) says what happens next.
    async fn handle(&self, delivery: Delivery<'_, Self::Event>) -> Result<(), ProjectionError>;

    /// What happens when handling fails.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }
}

/// An event on its way to an [`EventHandler`].
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a, E> {
    /// The event.
    pub event: &'a Recorded<E>,
    /// The same for every delivery of this event to this handler, and for no other: a UUID of version 5 made
    /// from the handler's name, the event's id, and its number among the events that were upcast from the
    /// stored one.
    pub idempotency_key: Uuid,
}

impl<E> Deref for Delivery<'_, E> {
    type Target = Recorded<E>;

    fn deref(&self) -> &Recorded<E> {
        self.event
    }
}
