//! The traits of a process manager.

mod aborted;
pub(crate) mod effects;
pub(crate) mod on_timer;
pub(crate) mod operate;
pub(crate) mod run;
pub(crate) mod step;

use std::time::Duration;

pub use effects::{Due, Fx};
pub use operate::{InstanceError, InstanceTimer, Instances};

use crate::{
    Aggregate, Command, EventContext, EventSet, FailurePolicy, Handle, OnFailure, Timestamp, store::StartAt,
};

/// A process manager: a state folded from events of its own, which reacts to events of others, to the passing of time and
/// to rejected commands. Derived, together with [`Aggregate`]:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// use std::time::Duration;
/// use eventsource::reacting::{Correlate, Due, Effects, Fx, Input, On, OnTimer, Process};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// #[event(category = "reminder")]
/// enum ReminderEvent {
///     Opened { account: String },
///     TimePassed,
/// }
///
/// /// Pays 1 into an account a month after its first deposit.
/// #[derive(Debug, Default, Aggregate, Process)]
/// #[aggregate(event = ReminderEvent, id = String)]
/// #[process(name = "reminder", on(AccountEvent))]
/// struct Reminder {
///     account: String,
///     is_over: bool,
/// }
///
/// impl Apply<ReminderEvent> for Reminder {
///     fn apply(&mut self, event: ReminderEvent) {
///         match event {
///             ReminderEvent::Opened { account } => self.account = account,
///             ReminderEvent::TimePassed => self.is_over = true,
///         }
///     }
/// }
///
/// impl On<AccountEvent> for Reminder {
///     fn correlate(input: Input<'_, AccountEvent>) -> Correlate<String> {
///         match input.event {
///             AccountEvent::Deposited { .. } => Correlate::StartOrContinue(input.aggregate_id().to_owned()),
///             AccountEvent::Withdrawn { .. } => Correlate::Ignore,
///         }
///     }
///
///     fn on(&self, input: Input<'_, AccountEvent>) -> Vec<ReminderEvent> {
///         match self.account.is_empty() {
///             true => vec![ReminderEvent::Opened { account: input.aggregate_id().to_owned() }],
///             false => vec![],
///         }
///     }
/// }
///
/// impl OnTimer for Reminder {
///     fn on_timer(&self, _: Due<'_>) -> Vec<ReminderEvent> {
///         vec![ReminderEvent::TimePassed]
///     }
/// }
///
/// impl Effects for Reminder {
///     fn effects(event: &ReminderEvent, fx: &mut Fx<'_, Self>) {
///         match event {
///             ReminderEvent::Opened { .. } => fx.timer("month", Duration::from_secs(30 * 24 * 3_600)),
///             ReminderEvent::TimePassed => {}
///         }
///     }
///
///     fn is_completed(&self) -> bool {
///         self.is_over
///     }
/// }
/// # fn main() {}
/// ```
///
/// An *instance* is one stream of the process's own events. A *step* is what follows from one input: the events that it
/// records, the commands that follow from these, and timers. A step commits as a whole, together with the checkpoint of the
/// input, so each input has its effects once. A command is decided on the consistent state of its aggregate; if it is
/// rejected, [`OnRejected`] says in the same step what happens then.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    label = "not a process",
    note = "write `#[derive(Default, Aggregate, Process)]`, `#[aggregate(event = …, id = …)]` and `#[process(name = \"…\", on(…))]`"
)]
pub trait Process: Aggregate<Id: Sized> + Effects {
    /// The events that it reacts to: all those of `on(…)`.
    type Input: EventSet;

    /// Its name, under which its checkpoints are stored.
    const NAME: &'static str;

    /// The number of partitions: the events of one instance are reacted to in order, partitions in parallel. It is fixed
    /// when the process is first started: a start with another number logs a warning, and keeps the first one.
    const PARTITIONS: u32 = 1;

    /// Whether [`Correlate::Start`] starts a completed instance again. The event that it records then has to put the state
    /// back to its beginning.
    const RESTARTABLE: bool = false;

    /// The instance that the event belongs to: calls [`On::correlate`] of its type.
    fn correlate(input: Input<'_, Self::Input>) -> Correlate<Self::Id>;

    /// The reaction to the event: calls [`On::on`] of its type.
    fn on(&self, input: Input<'_, Self::Input>) -> Vec<Self::Event>;

    /// The reaction to a timer: calls [`OnTimer::on_timer`], if the process implements it. Without it no timer can be set.
    fn on_timer(&self, timer: Due<'_>) -> Vec<Self::Event>;
}

/// How a process reacts to the events of a set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how it reacts to `{E}`",
    label = "`On<{E}>` is missing",
    note = "write `impl On<{E}> for {Self}` with `fn correlate` and `fn on`"
)]
pub trait On<E>: Aggregate<Id: Sized> {
    /// The instance that the event belongs to. It must be pure, and the same in every release: if it changes, and the process
    /// has several partitions, events are lost or repeated without an error. See the guide on `reacting`.
    fn correlate(input: Input<'_, E>) -> Correlate<Self::Id>;

    /// The events that the instance records because of this event, none if it does not matter. It must be pure: it is
    /// called again after a conflict or a crash.
    fn on(&self, input: Input<'_, E>) -> Vec<Self::Event>;
}

/// How a process reacts to a timer that it has set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how it reacts to a timer",
    label = "`OnTimer` is missing",
    note = "write `impl OnTimer for {Self}` with `fn on_timer`"
)]
pub trait OnTimer: Aggregate {
    /// The events that the instance records because this timer is due. It must be pure.
    fn on_timer(&self, timer: Due<'_>) -> Vec<Self::Event>;
}

/// What a process makes of a rejected command.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what follows when `{C}` is rejected",
    label = "`OnRejected<{C}>` is missing",
    note = "write `impl OnRejected<{C}> for {Self}`, or execute it with `must_execute` if it is never rejected"
)]
pub trait OnRejected<C: Command>: Aggregate
where
    C::Aggregate: Handle<C>,
{
    /// The events that the instance records because the command was rejected. It must be pure.
    fn on_rejected(&self, command: &C, error: &<C::Aggregate as Handle<C>>::Error) -> Vec<Self::Event>;
}

/// What follows from the events of a process, and when an instance has ended.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what follows from its events",
    label = "`Effects` is missing",
    note = "write `impl Effects for {Self}` with `fn effects`"
)]
pub trait Effects: Aggregate {
    /// The commands and timers that follow from an event of the process. It must be pure.
    fn effects(event: &Self::Event, fx: &mut Fx<'_, Self>);

    /// Whether the instance has reached its end. Its timers are then removed, and later events and timers are ignored and
    /// counted.
    fn is_completed(&self) -> bool {
        false
    }

    /// What happens when a step fails: code of the process panics, a command cannot be executed, or is rejected although
    /// it must not be. By default the instance is parked, after the attempts of the default policy, and the others go on.
    /// A timer that fails is tried again later.
    fn on_failure() -> FailurePolicy {
        FailurePolicy::default().then(OnFailure::Park)
    }
}

/// An event that a process reacts to.
#[derive(Debug)]
pub struct Input<'a, E> {
    /// The event.
    pub event: &'a E,
    /// Where and when it was recorded.
    pub context: &'a EventContext,
}

impl<E> Clone for Input<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Input<'_, E> {}

impl<'a, E> Input<'a, E> {
    /// The id of the aggregate that recorded it, as a text.
    #[must_use]
    pub fn aggregate_id(&self) -> &'a str {
        self.context.stream.id()
    }

    /// The same place with a part of the event.
    #[must_use]
    pub fn with<P>(&self, event: &'a P) -> Input<'a, P> {
        Input { event, context: self.context }
    }
}

/// The instance of a process that an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correlate<Id> {
    /// A new instance. It is an error if it was started before, unless it has completed and the process is
    /// [restartable](Process::RESTARTABLE).
    Start(Id),
    /// An instance that was started before; it is an error if it was not.
    Continue(Id),
    /// An instance that was started before; if it was not, the event is ignored.
    ContinueIfStarted(Id),
    /// An instance that is started by the event, unless it was before.
    StartOrContinue(Id),
    /// None.
    Ignore,
}

impl<Id> Correlate<Id> {
    /// The id of the instance, if there is one.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Start(id)
            | Self::Continue(id)
            | Self::ContinueIfStarted(id)
            | Self::StartOrContinue(id) => Some(id),
            Self::Ignore => None,
        }
    }
}

/// Where a process begins in the log when it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessStart {
    /// Here; it acts on every event that follows.
    At(StartAt),
    /// With the first event of the log. Instances and timers are made from history, but no command is executed for what
    /// was recorded, or was due, before the process was registered. It keeps being registered like this.
    WarmUp,
}

impl From<StartAt> for ProcessStart {
    fn from(start: StartAt) -> Self {
        Self::At(start)
    }
}

/// When a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This long after the event of the step was recorded, or after the timer of the step was fired.
    After(Duration),
    /// At this time.
    At(Timestamp),
}

impl From<Duration> for When {
    fn from(after: Duration) -> Self {
        Self::After(after)
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}
