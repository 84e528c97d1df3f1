//! Commands: wishes addressed to one aggregate, and how it decides them.

use std::error::Error;

use crate::Aggregate;

/// A wish addressed to one aggregate. Derived: `#[command(aggregate = Account)]`, with `#[command(id)]` on
/// the field that names the instance.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "write `#[derive(Command)]`, `#[command(aggregate = …)]` on the struct and `#[command(id)]` on the field that names the instance"
)]
pub trait Command: Send + Sync {
    /// The aggregate that decides the command.
    type Aggregate: Aggregate;

    /// Which instance of it.
    fn aggregate_id(&self) -> &<Self::Aggregate as Aggregate>::Id;
}

/// How an aggregate decides a command.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide the command `{C}`",
    label = "`Handle` is missing",
    note = "write `impl Handle<{C}> for {Self}` with the error type of its rejections and `fn handle`"
)]
pub trait Handle<C>: Aggregate {
    /// Why the command may be rejected: a type of the domain, handed to the caller as it is.
    type Error: Error + Send + Sync + 'static;

    /// Decides the command on a consistent state: the events to record, none if there is nothing to record,
    /// or the reason of the rejection.
    ///
    /// A decision is pure: it is taken again when another command was faster. What it needs from outside, the
    /// time or a random number included, travels in the command.
    ///
    /// # Errors
    ///
    /// The rejection; nothing is recorded then.
    fn handle(&self, command: &C) -> Result<Vec<Self::Event>, Self::Error>;
}
