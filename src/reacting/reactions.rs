//! The commands of a reaction, without their types.

use std::{any::Any, fmt, sync::Arc};

use crate::{
    Command, Handle,
    commands::several::{AnyCommand, TypedCommand},
};

/// The commands that follow from an event, in order.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// use eventsource::reacting::Reactions;
///
/// # fn main() {
/// assert!(Reactions::none().is_empty());
/// let both = Reactions::execute(Withdraw("acc-1", 5)).and_execute(Deposit("bank", 5));
/// assert_eq!(both.len(), 2);
/// let many: Reactions = ["acc-1", "acc-2", "acc-3"].map(|id| Deposit(id, 1)).into_iter().collect();
/// assert_eq!(many.len(), 3);
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "the commands are executed if `react` returns them"]
pub struct Reactions {
    pub(crate) commands: Vec<Reaction>,
}

/// One command.
#[derive(Clone)]
pub(crate) struct Reaction {
    pub(crate) command: Arc<dyn AnyCommand>,
    /// The same with its type, for tests.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only tests compare commands"))]
    pub(crate) typed: Arc<dyn Any + Send + Sync>,
}

impl Reactions {
    /// No command.
    pub fn none() -> Self {
        Self::default()
    }

    /// One command.
    pub fn execute<C: Command + 'static>(command: C) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        Self::none().and_execute(command)
    }

    /// Another command after these. On the same aggregate it sees the events of those before it.
    pub fn and_execute<C: Command + 'static>(mut self, command: C) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        let command = Arc::new(TypedCommand(command));
        self.commands.push(Reaction { command: Arc::clone(&command) as Arc<dyn AnyCommand>, typed: command });
        self
    }

    /// The number of commands.
    #[must_use]
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there is no command.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

impl<C: Command + 'static> FromIterator<C> for Reactions
where
    C::Aggregate: Handle<C>,
{
    fn from_iter<I: IntoIterator<Item = C>>(commands: I) -> Self {
        commands.into_iter().fold(Self::none(), Self::and_execute)
    }
}

impl fmt::Debug for Reactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.commands.iter().map(|reaction| reaction.command.name())).finish()
    }
}
