//! Given an event, these commands: tests of policies.

use std::{
    any::Any,
    collections::VecDeque,
    fmt::{self, Debug},
    mem,
};

use super::{
    given::{causes, diff},
    recorded::Recorder,
};
use crate::{
    Command, Event, Metadata, Timestamp,
    commands::several::TypedCommand,
    reacting::{Policy, Reaction, Reactions},
    store::LogFilter,
};

/// A policy, to be shown [events](Reacts::on). No command is handled: [`given`](super::given) tests what an aggregate
/// makes of one.
///
/// ```
/// # use eventsource::{prelude::*, reacting::{Policy, Reactions}};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// # #[event(category = "account")]
/// # enum AccountEvent { Deposited { amount: u64 }, Withdrawn { amount: u64 } }
/// # #[derive(Debug, Default, Aggregate)]
/// # #[aggregate(event = AccountEvent, id = str)]
/// # struct Account;
/// # impl Apply<AccountEvent> for Account { fn apply(&mut self, _: AccountEvent) {} }
/// # #[derive(Debug, PartialEq, Command)]
/// # #[command(aggregate = Account)]
/// # struct Deposit(#[command(id)] &'static str, u64);
/// # impl Handle<Deposit> for Account {
/// #     type Error = std::convert::Infallible;
/// #     fn handle(&self, _: &Deposit) -> Result<Vec<AccountEvent>, Self::Error> { Ok(vec![]) }
/// # }
/// # struct Fees;
/// # impl Policy for Fees {
/// #     type Event = AccountEvent;
/// #     const NAME: &'static str = "fees";
/// #     fn react(&self, event: &Recorded<AccountEvent>) -> Reactions {
/// #         match event.event {
/// #             AccountEvent::Withdrawn { .. } => Reactions::execute(Deposit("bank", 1)),
/// #             AccountEvent::Deposited { .. } => Reactions::none(),
/// #         }
/// #     }
/// # }
/// use eventsource::testing::policy;
///
/// policy(Fees)
///     .on("acc-1", AccountEvent::Withdrawn { amount: 30 })
///     .executes([Deposit("bank", 1)])
///     .on("acc-1", AccountEvent::Deposited { amount: 30 })
///     .executes_nothing();
/// ```
#[must_use = "nothing is tested without `on`"]
pub fn policy<P: Policy>(policy: P) -> Reacts<P> {
    Reacts { policy, recorder: Recorder::default(), commands: VecDeque::new() }
}

/// A policy, and the commands of its last reaction that no assertion has named yet. See [`policy`].
///
/// # Panics
///
/// If it is dropped, or shown another event, while such commands are left.
pub struct Reacts<P: Policy> {
    policy: P,
    recorder: Recorder,
    commands: VecDeque<Reaction>,
}

impl<P: Policy> Reacts<P> {
    /// Sets the time at which the following events are recorded, instead of the beginning of 1970.
    pub fn at(mut self, recorded_at: Timestamp) -> Self {
        self.recorder.recorded_at = recorded_at;
        self
    }

    /// Sets the metadata of the following events.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.recorder.metadata = metadata;
        self
    }

    /// Records this event next, on the stream of its category with this id, and shows it to the policy as it is read
    /// from a store. A policy that does not read its type has no reaction.
    ///
    /// # Panics
    ///
    /// If the event does not round-trip through its stored form.
    #[track_caller]
    pub fn on<E: Event>(mut self, stream_id: impl AsRef<str>, event: E) -> Self {
        self.check_nothing_is_left();
        let stored = self.recorder.record(stream_id.as_ref(), &event);
        if !LogFilter::of::<P::Event>().admits(&stored.context) {
            return self;
        }
        let events: Vec<_> = match stored.decode::<P::Event>() {
            Ok(events) => events.collect(),
            Err(error) => panic!("a stored event cannot be read: {}", causes(&error)),
        };
        for event in events.iter().filter(|event| self.policy.key(event).is_some()) {
            let Reactions { commands } = self.policy.react(event);
            self.commands.extend(commands);
        }
        self
    }

    /// Asserts that the next commands of the reaction are these.
    ///
    /// # Panics
    ///
    /// If they are others, with a diff of both.
    #[track_caller]
    pub fn executes<C>(mut self, expected: impl IntoIterator<Item = C>) -> Self
    where
        C: Command + Debug + PartialEq + 'static,
    {
        for expected in expected {
            let Some(next) = self.commands.pop_front() else {
                panic!("the policy executes no further command; this one was expected: {expected:#?}")
            };
            let rest = mem::take(&mut self.commands);
            assert_command("policy", &*next.typed, next.command.name(), &expected);
            self.commands = rest;
        }
        self
    }

    /// Asserts that the reaction has no command, or none besides those of [`executes`](Self::executes).
    ///
    /// # Panics
    ///
    /// If it has one.
    #[track_caller]
    pub fn executes_nothing(mut self) -> Self {
        self.check_nothing_is_left();
        self
    }

    #[track_caller]
    fn check_nothing_is_left(&mut self) {
        let left = mem::take(&mut self.commands);
        let names: Vec<_> = left.iter().map(|reaction| reaction.command.name()).collect();
        assert!(
            names.is_empty(),
            "the policy executes commands that were not expected: {}",
            names.join(", ")
        );
    }
}

impl<P: Policy> Debug for Reacts<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reacts").field("policy", &P::NAME).finish_non_exhaustive()
    }
}

impl<P: Policy> Drop for Reacts<P> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check_nothing_is_left();
        }
    }
}

/// Asserts that a policy or a process executes this command.
#[track_caller]
pub(super) fn assert_command<C>(who: &str, actual: &(dyn Any + Send + Sync), name: &str, expected: &C)
where
    C: Command + Debug + PartialEq + 'static,
{
    match actual.downcast_ref::<TypedCommand<C>>() {
        Some(TypedCommand(command)) if command == expected => {}
        Some(TypedCommand(command)) => panic!(
            "the {who} executes another command than expected\n\n{}",
            diff(&format!("{expected:#?}"), &format!("{command:#?}"))
        ),
        None => panic!("the {who} executes `{name}`, where this command was expected: {expected:#?}"),
    }
}
