//! Given an event, or that time has passed, these events, commands and timers: tests of processes.

mod expected;
mod left;
mod world;

use std::{
    any::Any,
    collections::BTreeMap,
    fmt::{self, Debug},
    time::Duration,
};

use self::{
    left::{Left, LeftTimer},
    world::{InTest, Instance, Rejection},
};
use super::{given::causes, recorded::Recorder};
use crate::{
    Command, Event, Handle, Metadata, Recorded, Timestamp,
    commands::several::TypedCommand,
    reacting::{
        Process,
        process::step::{self, Cause, Ran, StepInput},
    },
    store::{LogFilter, Timer, TimerChange},
};

/// How many timers may be due by one passing of time: more set each other for ever.
const MAX_TIMERS: usize = 1_000;

/// A process, to be shown [events](Proceeds::on) and [the passing of time](Proceeds::when_time_passes). Its commands are
/// accepted, unless the test [rejects](Proceeds::rejecting) one; [`given`](super::given) tests what an aggregate makes of one.
///
/// ```
/// # use std::time::Duration;
/// # use eventsource::{prelude::*, reacting::{Correlate, Due, Effects, Fx, Input, On, OnRejected, OnTimer, Process}};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// # #[event(category = "order")]
/// # enum OrderEvent { Placed { total: u64 }, Paid }
/// # #[derive(Debug, Default, Aggregate)]
/// # #[aggregate(event = OrderEvent, id = String)]
/// # struct Order;
/// # impl Apply<OrderEvent> for Order { fn apply(&mut self, _: OrderEvent) {} }
/// # #[derive(Debug, PartialEq, Command)]
/// # #[command(aggregate = Order)]
/// # struct Capture(#[command(id)] String, u64);
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # #[error("the payment was declined")]
/// # struct Declined;
/// # impl Handle<Capture> for Order {
/// #     type Error = Declined;
/// #     fn handle(&self, _: &Capture) -> Result<Vec<OrderEvent>, Declined> { Ok(vec![OrderEvent::Paid]) }
/// # }
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
/// # #[event(category = "checkout")]
/// # enum CheckoutEvent { Requested { order: String, total: u64 }, GaveUp }
/// # #[derive(Debug, Default, Aggregate, Process)]
/// # #[aggregate(event = CheckoutEvent, id = String)]
/// # #[process(name = "checkout", on(OrderEvent))]
/// # struct Checkout { is_over: bool }
/// # impl Apply<CheckoutEvent> for Checkout {
/// #     fn apply(&mut self, event: CheckoutEvent) { self.is_over = event == CheckoutEvent::GaveUp; }
/// # }
/// # impl On<OrderEvent> for Checkout {
/// #     fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
/// #         Correlate::Start(input.aggregate_id().to_owned())
/// #     }
/// #     fn on(&self, input: Input<'_, OrderEvent>) -> Vec<CheckoutEvent> {
/// #         let order = input.aggregate_id().to_owned();
/// #         match *input.event {
/// #             OrderEvent::Placed { total } => vec![CheckoutEvent::Requested { order, total }],
/// #             OrderEvent::Paid => vec![],
/// #         }
/// #     }
/// # }
/// # impl OnTimer for Checkout {
/// #     fn on_timer(&self, _: Due<'_>) -> Vec<CheckoutEvent> { vec![CheckoutEvent::GaveUp] }
/// # }
/// # impl OnRejected<Capture> for Checkout {
/// #     fn on_rejected(&self, _: &Capture, _: &Declined) -> Vec<CheckoutEvent> { vec![CheckoutEvent::GaveUp] }
/// # }
/// # impl Effects for Checkout {
/// #     fn effects(event: &CheckoutEvent, fx: &mut Fx<'_, Self>) {
/// #         if let CheckoutEvent::Requested { order, total } = event {
/// #             fx.execute(Capture(order.clone(), *total));
/// #             fx.timer("payment", Duration::from_secs(1_800));
/// #         }
/// #     }
/// #     fn is_completed(&self) -> bool { self.is_over }
/// # }
/// use eventsource::testing::process;
///
/// let requested = || CheckoutEvent::Requested { order: "order-1".to_owned(), total: 30 };
/// let capture = || Capture("order-1".to_owned(), 30);
/// process::<Checkout>()
///     .on("order-1", OrderEvent::Placed { total: 30 })
///     .records([requested()])
///     .executes([capture()])
///     .arms("payment", Duration::from_secs(1_800))
///     .when_time_passes(Duration::from_secs(1_800))
///     .records([CheckoutEvent::GaveUp])
///     .completes();
/// process::<Checkout>()
///     .rejecting::<Capture>(Declined)
///     .on("order-1", OrderEvent::Placed { total: 30 })
///     .records([requested(), CheckoutEvent::GaveUp])
///     .executes([capture()])
///     .arms("payment", Duration::from_secs(1_800))
///     .completes();
/// ```
#[must_use = "nothing is tested without `on`"]
pub fn process<P: Process>() -> Proceeds<P> {
    Proceeds {
        recorder: Recorder::default(),
        instances: BTreeMap::new(),
        timers: Vec::new(),
        rejections: Vec::new(),
        left: Left::default(),
    }
}

/// A process with its instances and timers, and the effects of the last input that no assertion has named yet. See
/// [`process`].
///
/// # Panics
///
/// If it is dropped, or given another input, while such effects are left; if it is dropped, and a command that was to be
/// rejected was not executed.
pub struct Proceeds<P: Process> {
    recorder: Recorder,
    instances: BTreeMap<String, Instance<P>>,
    timers: Vec<Timer>,
    rejections: Vec<Rejection>,
    left: Left<P>,
}

impl<P: Process> Proceeds<P> {
    /// Sets the time, instead of the beginning of 1970. It fires no timer.
    pub fn at(mut self, time: Timestamp) -> Self {
        self.recorder.recorded_at = time;
        self
    }

    /// Sets the metadata of the following events.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.recorder.metadata = metadata;
        self
    }

    /// Rejects the next command of this type with this error. All others are accepted.
    pub fn rejecting<C: Command + 'static>(mut self, error: <C::Aggregate as Handle<C>>::Error) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        let is_type_of = |command: &dyn Any| command.is::<TypedCommand<C>>();
        self.rejections.push(Rejection { name: C::NAME, is_type_of, error: Box::new(error) });
        self
    }

    /// Records this event next, on the stream of its category with this id, and shows it to the instance that it belongs
    /// to, as it is read from a store. A process that does not read its type does nothing.
    ///
    /// # Panics
    ///
    /// If an event does not round-trip through its stored form, or the step fails, as for an instance that is to be started
    /// twice.
    #[track_caller]
    pub fn on<E: Event>(mut self, stream_id: impl AsRef<str>, event: E) -> Self {
        self.check_nothing_is_left();
        let stored = self.recorder.record(stream_id.as_ref(), &event);
        if !LogFilter::of::<P::Input>().admits(&stored.context) {
            return self;
        }
        let events: Vec<Recorded<P::Input>> = match stored.decode::<P::Input>() {
            Ok(events) => events.collect(),
            Err(error) => panic!("a stored event cannot be read: {}", causes(&error)),
        };
        for event in &events {
            let instance = P::correlate(step::input_of(event));
            if let Some(id) = instance.id() {
                self.step(&StepInput {
                    key: &id.to_string(),
                    cause: Cause::Event(event),
                    acts: true,
                    ahead: Duration::ZERO,
                });
            }
        }
        self
    }

    /// Lets time pass. The timers that become due are fired one after the other, each when it is due.
    ///
    /// # Panics
    ///
    /// As [`on`](Self::on).
    #[track_caller]
    pub fn when_time_passes(mut self, time: Duration) -> Self {
        self.check_nothing_is_left();
        let end = self.recorder.recorded_at.saturating_add(time);
        self.fire(end, false);
        self.recorder.recorded_at = end;
        self
    }

    /// Lets time pass while the program is down. The timers that become due meanwhile are fired afterwards, one after the
    /// other, and [late](crate::reacting::Due::late_by).
    ///
    /// # Panics
    ///
    /// As [`on`](Self::on).
    #[track_caller]
    pub fn when_down_for(mut self, time: Duration) -> Self {
        self.check_nothing_is_left();
        let end = self.recorder.recorded_at.saturating_add(time);
        self.fire(end, true);
        self
    }

    /// Fires the timers that are due until then, those that are set meanwhile among them.
    #[track_caller]
    fn fire(&mut self, end: Timestamp, is_late: bool) {
        if is_late {
            self.recorder.recorded_at = end;
        }
        for _ in 0..MAX_TIMERS {
            self.timers.sort_by_key(Timer::cursor);
            if self.timers.first().is_none_or(|timer| timer.due_at > end) {
                return;
            }
            let timer = self.timers.remove(0);
            let now = self.recorder.recorded_at.max(timer.due_at);
            self.recorder.recorded_at = now;
            let cause = Cause::Timer { timer: &timer, now };
            self.step(&StepInput { key: &timer.key, cause, acts: true, ahead: Duration::ZERO });
        }
        panic!(
            "{MAX_TIMERS} timers were fired, and still one is due: a timer must not set itself again for a time that has passed"
        );
    }

    #[track_caller]
    fn step(&mut self, input: &StepInput<'_, P>) {
        let base = match &input.cause {
            Cause::Event(event) => event.context.recorded_at,
            Cause::Timer { now, .. } => *now,
        };
        let mut changes = Vec::new();
        let Self { recorder, instances, rejections, left, .. } = self;
        let instance = instances.entry(input.key.to_owned()).or_default();
        let mut world = InTest { key: input.key, instance, recorder, rejections, left };
        let ran = step::stream_of::<P>(input.key).and_then(|_| step::step(&mut world, input, &mut changes));
        match ran {
            Ok(Ran::Ignored) => self.left.ignored += 1,
            Ok(Ran::NothingNew) => {}
            Ok(Ran::Stepped { completed }) => self.left.completed += usize::from(completed),
            Err(error) => panic!("the process fails: {}", causes(&error)),
        }
        for change in changes {
            match change {
                TimerChange::Set(timer) => {
                    let (name, due_at) = (timer.name.clone(), timer.due_at);
                    self.left.timers.push_back(LeftTimer::Set { name, due_at, base });
                    self.timers.retain(|other| other.id() != timer.id());
                    self.timers.push(timer);
                }
                TimerChange::Cancel(id) => {
                    self.timers.retain(|other| other.id() != id);
                    self.left.timers.push_back(LeftTimer::Cancelled { name: id.name });
                }
                TimerChange::CancelAll { key } => self.timers.retain(|other| other.key != key),
                TimerChange::Fire(timer) | TimerChange::Replace { timer, .. } => {
                    self.timers.retain(|other| *other != timer);
                }
            }
        }
    }

    #[track_caller]
    fn check_nothing_is_left(&mut self) {
        let left = std::mem::take(&mut self.left).names();
        assert!(left.is_empty(), "the process does what was not expected: it {}", left.join(", "));
    }
}

impl<P: Process> Debug for Proceeds<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proceeds").field("process", &P::NAME).finish_non_exhaustive()
    }
}

impl<P: Process> Drop for Proceeds<P> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.check_nothing_is_left();
        if let Some(Rejection { name, .. }) = self.rejections.first() {
            panic!("`{name}` was to be rejected, but the process does not execute it");
        }
    }
}
