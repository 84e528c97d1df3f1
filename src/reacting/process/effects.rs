//! The effects of a process event: commands and timers.

use std::{any::Any, sync::Arc, time::Duration};

use super::{OnRejected, OnTimer, When};
use crate::{
    Aggregate, Command, Handle, Timestamp,
    commands::several::{AnyCommand, TypedCommand},
    store::BoxError,
};

/// Takes the commands and timers that follow from an event of a process.
pub struct Fx<'a, P: Aggregate> {
    effects: &'a mut Vec<Effect<P>>,
}

/// A timer that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due<'a> {
    /// The id of the instance, as a text.
    pub instance: &'a str,
    /// Its name.
    pub name: &'a str,
    /// When it was due.
    pub due_at: Timestamp,
    /// How much later it is fired: the program may have been down.
    pub late_by: Duration,
}

/// One effect.
pub(crate) enum Effect<P: Aggregate> {
    Execute(Arc<dyn ProcessCommand<P>>),
    Timer { name: String, when: When },
    Cancel { name: String },
}

/// A command of a process.
pub(crate) trait ProcessCommand<P: Aggregate>: Send + Sync {
    fn command(&self) -> &dyn AnyCommand;

    /// The events that follow from its rejection; `None` if it must not be rejected.
    fn rejected(&self, state: &P, error: &BoxError) -> Option<Vec<P::Event>>;

    /// The command with its type, for tests.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only tests compare commands"))]
    fn typed(&self) -> &(dyn Any + Send + Sync);
}

/// A command for which the process implements [`OnRejected`]. The bound is on the command, so that the compiler does not
/// take its type from an implementation for another command.
#[diagnostic::on_unimplemented(
    message = "`{P}` does not say what follows when `{Self}` is rejected",
    label = "`OnRejected<{Self}>` is missing",
    note = "write `impl OnRejected<{Self}> for {P}`, or execute it with `must_execute` if it is never rejected"
)]
pub trait AnsweredBy<P: Aggregate> {
    /// The events that follow from the error; `None` if it is of another type.
    fn answer(&self, process: &P, error: &BoxError) -> Option<Vec<P::Event>>;
}

#[diagnostic::do_not_recommend]
impl<P: OnRejected<C>, C: Command> AnsweredBy<P> for C
where
    C::Aggregate: Handle<C>,
{
    fn answer(&self, process: &P, error: &BoxError) -> Option<Vec<P::Event>> {
        Some(process.on_rejected(self, error.downcast_ref()?))
    }
}

struct Answered<C>(TypedCommand<C>);

impl<P: Aggregate, C: Command + AnsweredBy<P> + 'static> ProcessCommand<P> for Answered<C>
where
    C::Aggregate: Handle<C>,
{
    fn command(&self) -> &dyn AnyCommand {
        &self.0
    }

    fn rejected(&self, state: &P, error: &BoxError) -> Option<Vec<P::Event>> {
        self.0.0.answer(state, error)
    }

    fn typed(&self) -> &(dyn Any + Send + Sync) {
        &self.0
    }
}

struct Unanswered<C>(TypedCommand<C>);

impl<P: Aggregate, C: Command + 'static> ProcessCommand<P> for Unanswered<C>
where
    C::Aggregate: Handle<C>,
{
    fn command(&self) -> &dyn AnyCommand {
        &self.0
    }

    fn rejected(&self, _: &P, _: &BoxError) -> Option<Vec<P::Event>> {
        None
    }

    fn typed(&self) -> &(dyn Any + Send + Sync) {
        &self.0
    }
}

impl<'a, P: Aggregate> Fx<'a, P> {
    pub(crate) fn new(effects: &'a mut Vec<Effect<P>>) -> Self {
        Self { effects }
    }

    /// Executes a command. If it is rejected, [`OnRejected`] says what follows.
    pub fn execute<C: Command + AnsweredBy<P> + 'static>(&mut self, command: C)
    where
        C::Aggregate: Handle<C>,
    {
        self.effects.push(Effect::Execute(Arc::new(Answered(TypedCommand(command)))));
    }

    /// Executes a command that must not be rejected: a rejection is a failure of the step.
    pub fn must_execute<C: Command + 'static>(&mut self, command: C)
    where
        C::Aggregate: Handle<C>,
    {
        self.effects.push(Effect::Execute(Arc::new(Unanswered(TypedCommand(command)))));
    }

    /// Sets the timer of this name, a [`Duration`] after the event, or at a [`Timestamp`]. If it is set, it is moved.
    pub fn timer(&mut self, name: impl Into<String>, when: impl Into<When>)
    where
        P: OnTimer,
    {
        self.effects.push(Effect::Timer { name: name.into(), when: when.into() });
    }

    /// Cancels the timer of this name. Without effect if it is not set.
    pub fn cancel(&mut self, name: impl Into<String>) {
        self.effects.push(Effect::Cancel { name: name.into() });
    }
}

impl<P: Aggregate> std::fmt::Debug for Fx<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fx").field("effects", &self.effects.len()).finish_non_exhaustive()
    }
}
