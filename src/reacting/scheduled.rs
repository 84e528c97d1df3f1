//! Commands that are executed at a later time.

use crate::{Command, Event};

/// A command that can be scheduled, see [`EventSource::schedule`](crate::EventSource::schedule). Derived:
/// `#[command(aggregate = …, name = "reminder.send", version = 1)]`. It is kept in the store until it is due, in a form that
/// has a name and a version, as that of an event has.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be scheduled",
    label = "no stored form",
    note = "write `#[derive(Serialize, Deserialize, Schema, Command)]` and `#[command(aggregate = …, name = \"…\", version = 1)]`"
)]
pub trait ScheduledCommand: Command + Sized + 'static {
    /// The form in which it is kept: an event of one type.
    type Stored: Event + From<Self> + Into<Self>;
}
