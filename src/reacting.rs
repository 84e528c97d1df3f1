//! Reacting to events with commands: [`Policy`], and to messages of other systems: [`Inbox`]. Effects of event handlers that
//! must not be repeated: [`Once`].

// A `policy` is a pure function from an event to commands, its `reactions`. `run` takes it through the log: it decides the
// commands of a page of events (`commands/decide_reactions.rs`), and appends their events in one transaction with the
// checkpoint. `hops` ends a cascade of policies that trigger each other. An `inbox` does the same for a message, with its
// outcome instead of a checkpoint; `purge` removes old outcomes.

mod hops;
mod inbox;
mod policy;
mod purge;
mod reactions;
pub(crate) mod run;

pub use eventsource_core::projection::{Attempt, Once, OnceError};
pub use hops::EndlessReaction;
pub use inbox::{
    Inbox, InboxHandle, MessageReceipt, MessageRejection, ReceiveError, Received, RejectedReaction, Retention,
};
pub use policy::{OnRejection, Policy, Rejection};
pub use purge::PurgeError;
#[cfg(feature = "testing")]
pub(crate) use reactions::Reaction;
pub use reactions::Reactions;
