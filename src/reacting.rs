//! Reacting to events with commands: [`Policy`] and [`Process`], to the passing of time: timers and [`ScheduledCommand`], to
//! messages of other systems: [`Inbox`]. Effects of event handlers that must not be repeated: [`Once`].

// A `policy` is a pure function from an event to commands, its `reactions`. A `process` has a state and timers: `process/step`
// decides what follows from one input. A `scheduled` command is a timer with a command. The `run` file of each takes it through
// the log, or through its timers (`projections/runner/timers.rs`): it decides the commands of a page
// (`commands/decide_reactions.rs`), and `appending` appends their events in one transaction with the checkpoint. `hops` ends
// a cascade of reactions. An `inbox` does the same for a message, with its outcome instead of a checkpoint; `purge` removes
// old outcomes.

pub(crate) mod appending;
mod hops;
mod inbox;
pub(crate) mod policy;
pub(crate) mod process;
mod purge;
mod reactions;
pub(crate) mod scheduled;

pub use crate::clock::TestClock;
pub use eventsource_core::projection::{Attempt, Once, OnceError};
pub use eventsource_derive::Process;
pub use hops::EndlessReaction;
pub use inbox::{
    Inbox, InboxHandle, MessageReceipt, MessageRejection, ReceiveError, Received, RejectedReaction, Retention,
};
pub use policy::{OnRejection, Policy, Rejection};
pub use process::{
    Correlate, Due, Effects, Fx, Input, InstanceError, InstanceTimer, Instances, On, OnRejected, OnTimer,
    Process, ProcessStart, When,
};
pub use purge::PurgeError;
#[cfg(feature = "testing")]
pub(crate) use reactions::Reaction;
pub use reactions::Reactions;
pub use scheduled::{
    Schedule, ScheduleError, ScheduledCommand, ScheduledCommands, ScheduledEntry, ScheduledId,
};

/// The target of `derive(Process)`.
#[doc(hidden)]
pub mod __private {
    pub use super::process::on_timer::{Timers, WithoutTimers};
}
