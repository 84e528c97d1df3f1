//! Commands: requests to one aggregate, and their handling.

use std::error::Error;

use crate::Aggregate;

/// A request to one aggregate. Derived: `#[command(aggregate = Account)]`, with `#[command(id)]` on the field that
/// holds the aggregate's id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "write `#[derive(Command)]`, `#[command(aggregate = …)]` on the struct and `#[command(id)]` on the field that names the instance"
)]
pub trait Command: Send + Sync {
    /// The aggregate that handles the command.
    type Aggregate: Aggregate;

    /// The name of the command: that of its type, unless `#[command(name = "…")]` sets another one.
    ///
    /// It is kept with the receipt of an idempotency key, to recognise another command under the same key. A type that
    /// is renamed keeps its first name with the attribute: a repetition from before the change would otherwise be an
    /// error.
    const NAME: &'static str;

    /// The id of the aggregate.
    fn aggregate_id(&self) -> &<Self::Aggregate as Aggregate>::Id;
}

/// How an aggregate handles a command.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide the command `{C}`",
    label = "`Handle` is missing",
    note = "write `impl Handle<{C}> for {Self}` with the error type of its rejections and `fn handle`"
)]
pub trait Handle<C>: Aggregate {
    /// Why the command may be rejected: a type of the domain, passed to the caller unchanged.
    type Error: Error + Send + Sync + 'static;

    /// Handles the command on a consistent state. Returns the events to record, none if there is nothing to record,
    /// or the reason of the rejection.
    ///
    /// The function must be pure: it is called again after a conflict with another command. The command carries its
    /// external inputs, such as the time or a random number.
    ///
    /// # Errors
    ///
    /// The rejection. No event is recorded.
    fn handle(&self, command: &C) -> Result<Vec<Self::Event>, Self::Error>;
}
