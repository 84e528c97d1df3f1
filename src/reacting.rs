//! Reacting to events with commands: [`Policy`].
//!
//! A [`policy`](Policy) is a pure function from an event to commands, its [`Reactions`]. The [`consumer`] runs it as a
//! consumer of the log: it decides the commands of a page of events, and appends their events in one transaction with
//! the checkpoint. [`hops`] ends a cascade of policies that trigger each other.

pub(crate) mod consumer;
mod hops;
mod policy;
mod reactions;

pub use hops::EndlessReaction;
pub use policy::{OnRejection, Policy, Rejection};
#[cfg(feature = "testing")]
pub(crate) use reactions::Reaction;
pub use reactions::Reactions;
