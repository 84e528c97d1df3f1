//! Reacting to events with commands: [`Policy`].

// A `policy` is a pure function from an event to commands, its `reactions`. `run` takes it through the log: it decides the
// commands of a page of events (`commands/decide_reactions.rs`), and appends their events in one transaction with the
// checkpoint. `hops` ends a cascade of policies that trigger each other.

mod hops;
mod policy;
pub(crate) mod process;
mod reactions;
pub(crate) mod run;
pub(crate) mod scheduled;

pub use eventsource_derive::Process;
pub use hops::EndlessReaction;
pub use policy::{OnRejection, Policy, Rejection};
pub use process::{Correlate, Due, Effects, Fx, Input, On, OnRejected, OnTimer, Process, ProcessStart, When};
#[cfg(feature = "testing")]
pub(crate) use reactions::Reaction;
pub use reactions::Reactions;
pub use scheduled::ScheduledCommand;

/// The target of `derive(Process)`.
#[doc(hidden)]
pub mod __private {
    pub use super::process::on_timer::{Timers, WithoutTimers};
}
