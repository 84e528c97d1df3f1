//! Commands that are executed at a later time.

pub(crate) mod manage;
pub(crate) mod run;
pub(crate) mod schedule;
mod stored;

use std::fmt;

pub use manage::{ScheduledCommands, ScheduledEntry};
pub use schedule::{Schedule, ScheduleError};

use crate::{Command, Event, store::Escaped};

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

/// The name of a scheduled command: its [type](Command::NAME) and its key. There is at most one of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduledId {
    command: String,
    key: String,
}

impl ScheduledId {
    /// The command of this type with this key.
    #[must_use]
    pub fn of<C: ScheduledCommand>(key: impl Into<String>) -> Self {
        Self { command: C::NAME.to_owned(), key: key.into() }
    }

    /// The type of the command.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for ScheduledId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Escaped(&self.command), Escaped(&self.key))
    }
}

/// The name of the consumer of the scheduled commands of a type.
fn consumer_of(command: &str) -> String {
    format!("scheduled/{command}")
}

/// The type of the scheduled commands of a consumer.
pub(crate) fn command_of(consumer: &str) -> &str {
    consumer.strip_prefix("scheduled/").unwrap_or(consumer)
}

/// The name of the timer of a scheduled command.
const TIMER: &str = "command";
