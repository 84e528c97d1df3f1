//! The trait of a policy, and what it does about a rejection.

pub(crate) mod run;

use std::{borrow::Cow, error::Error};

use super::Reactions;
use crate::{EventSet, FailurePolicy, Recorded};

/// Reacts to events with commands. It has no state, and no effects of its own.
///
/// Each event is reacted to once: what its commands append and the checkpoint of the policy commit together. A command is
/// decided on the consistent state of its aggregate, as with [`execute`](crate::EventSource::execute), and its events
/// name the event as their cause.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// use eventsource::{reacting::{Policy, Reactions}, store::StartAt};
///
/// /// The bank earns 1 with each withdrawal.
/// struct Fees;
///
/// impl Policy for Fees {
///     type Event = AccountEvent;
///     const NAME: &'static str = "fees";
///
///     fn react(&self, event: &Recorded<AccountEvent>) -> Reactions {
///         match event.event {
///             AccountEvent::Withdrawn { .. } => Reactions::execute(Deposit("bank", 1)),
///             AccountEvent::Deposited { .. } => Reactions::none(),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Tried {
/// let es = EventSource::builder(MemoryStore::new()).policy(Fees, StartAt::Beginning).build();
/// let workers = es.start().await?;
/// es.execute(Deposit("acc-1", 100)).await?;
/// let receipt = es.execute(Withdraw("acc-1", 30)).await?;
/// es.wait_for("fees", receipt.position).await?;
/// assert_eq!(es.load::<Account>("bank").await?.state.balance, 1);
/// workers.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// For effects outside the store, write an [`EventHandler`](crate::EventHandler).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    label = "not a policy",
    note = "implement `Policy`, with its event set, its name, and `fn react`",
    note = "an `EventHandler` is registered with `handler` instead, and a `Projection` with `projection` or `inline`"
)]
pub trait Policy: Send + Sync + 'static {
    /// The events that it reacts to.
    type Event: EventSet;

    /// Its name, under which its checkpoints are stored.
    const NAME: &'static str;

    /// The number of partitions: events of one key are reacted to in order, partitions in parallel. It is fixed when
    /// the policy is first started.
    const PARTITIONS: u32 = 1;

    /// The partition key of the event; by default its stream. An event without a key is ignored. It must be the same in every
    /// release: if it changes, and the policy has several partitions, events are lost or repeated without an error.
    fn key<'a>(&self, event: &'a Recorded<Self::Event>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(event.context.stream.key()))
    }

    /// The commands that follow from an event. It must be pure: it is called again after a conflict or a crash.
    fn react(&self, event: &Recorded<Self::Event>) -> Reactions;

    /// What happens when an aggregate rejects one of the commands. By default the policy fails on the event, because a
    /// rejection that nobody has thought of should not pass unseen.
    fn on_rejected(&self, rejection: &Rejection<'_, Self::Event>) -> OnRejection {
        let _ = rejection;
        OnRejection::Fail
    }

    /// What happens when the policy fails on an event: it panics, a command cannot be executed, or it was rejected.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }
}

/// A command of a policy that an aggregate rejected.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rejection<'a, E> {
    /// The event that the policy reacted to.
    pub event: &'a Recorded<E>,
    /// The name of the command.
    pub command: &'a str,
    /// The domain's error; `downcast_ref` returns it.
    pub error: &'a (dyn Error + Send + Sync + 'static),
}

impl<E> Rejection<'_, E> {
    /// The domain's error, if it is of this type.
    #[must_use]
    pub fn downcast_ref<R: Error + 'static>(&self) -> Option<&R> {
        self.error.downcast_ref()
    }
}

/// What a policy or an inbox does about a rejected command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnRejection {
    /// It fails. For a policy, [`Policy::on_failure`] decides what happens next.
    Fail,
    /// The rejection is an answer: it is logged, and the other commands are executed.
    Accept,
}
