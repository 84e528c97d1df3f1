//! Reacting to events with commands: [`Policy`].

// A `policy` is a pure function from an event to commands, its `reactions`. `run` takes it through the log: it decides the
// commands of a page of events (`commands/decide_reactions.rs`), and appends their events in one transaction with the
// checkpoint. `hops` ends a cascade of policies that trigger each other.

mod hops;
mod policy;
mod reactions;
pub(crate) mod run;

pub use hops::EndlessReaction;
pub use policy::{OnRejection, Policy, Rejection};
#[cfg(feature = "testing")]
pub(crate) use reactions::Reaction;
pub use reactions::Reactions;
