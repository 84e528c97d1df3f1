//! A process that does what the amounts of a tally say.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use eventsource::{
    Aggregate, Apply, Event, FailurePolicy, OnFailure,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnRejected, OnTimer, Process, ScheduledCommand},
};
use serde::{Deserialize, Serialize};

use super::{
    AlreadyClosed, TallyEvent, UNLUCKY, add,
    tally::{Add, Close},
};

/// Amounts with a meaning. Smaller ones are added to the tally `out-…`, as amounts of [`TWICE`] are, in two commands.
pub(crate) const TWICE: u64 = 100;
/// With the number of seconds: sets the timer `a`.
pub(crate) const TIMER_A: u64 = 1_000_000;
/// With the number of seconds: sets the timer `b`.
pub(crate) const TIMER_B: u64 = 2_000_000;
/// Cancels the timer `a`.
pub(crate) const CANCEL_A: u64 = 3_000_000;
/// The event is correlated as a start.
pub(crate) const START: u64 = 4_000_000;
/// The event is correlated as a continuation.
pub(crate) const CONTINUE: u64 = 4_000_001;
/// A command for an id that is refused.
pub(crate) const REFUSED_ID: u64 = 4_000_002;
/// Each rejection causes the same command again.
pub(crate) const STUBBORN: u64 = 4_000_003;
/// The command is for another tally each time that it is decided.
pub(crate) const IMPURE: u64 = 4_000_004;
/// The instance has an id that no store keeps.
pub(crate) const NO_ID: u64 = 4_000_005;
/// The fold of the event panics.
pub(crate) const BROKEN_FOLD: u64 = 4_000_007;
/// Sets the timer `cancels`, which cancels the timer `b`; both are due after a minute.
pub(crate) const CANCELS_B: u64 = 4_000_006;

/// With the number of seconds: sets the timer `last`, at which the instance ends.
pub(crate) const TIMER_LAST: u64 = 5_000_000;
/// With the number of seconds: sets the timer `every`, which is set again when it is fired.
pub(crate) const TIMER_EVERY: u64 = 6_000_000;
/// With the number of seconds: sets the timer `unlucky`, at which the instance meets [`UNLUCKY`].
pub(crate) const TIMER_UNLUCKY: u64 = 7_000_000;
/// After how many seconds the timer `every` is due again.
pub(crate) const EVERY: u64 = 60;

/// A process. Its kind is one of those below.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Deal<const KIND: usize> {
    pub(crate) asked: u64,
    pub(crate) refused: u64,
    pub(crate) rang: Vec<String>,
    pub(crate) ended: bool,
}

/// The instance decides what a rejection means.
pub(crate) const PLAIN: usize = 0;
/// A command must not be rejected.
pub(crate) const STRICT: usize = 1;
/// A completed instance can be started again; with four partitions.
pub(crate) const AGAIN: usize = 2;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "deal")]
pub(crate) enum DealEvent {
    Asked {
        out: String,
        amount: u64,
    },
    Refused {
        out: String,
        amount: u64,
    },
    Waits {
        timer: String,
        seconds: u64,
    },
    Waited {
        timer: String,
    },
    /// With what was asked before.
    Rang {
        out: String,
        timer: String,
        asked: u64,
    },
    Ended,
}

type Hook = Arc<dyn Fn() + Send + Sync>;

static UNLUCKY_HOOKS: LazyLock<Mutex<HashMap<String, Hook>>> = LazyLock::new(Mutex::default);

/// What happens when an instance meets [`UNLUCKY`]. Without it, it panics. Ids of instances are unique in a process.
pub(crate) fn when_unlucky(id: &str, hook: impl Fn() + Send + Sync + 'static) {
    let mut hooks = UNLUCKY_HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    hooks.insert(id.to_owned(), Arc::new(hook));
}

fn unlucky(id: &str) {
    let hook = UNLUCKY_HOOKS.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
    hook.expect("out of luck")();
}

impl<const KIND: usize> Aggregate for Deal<KIND> {
    type Event = DealEvent;
    type Id = String;
}

impl<const KIND: usize> Apply<DealEvent> for Deal<KIND> {
    fn apply(&mut self, event: DealEvent) {
        if self.ended {
            *self = Self::default();
        }
        match event {
            DealEvent::Asked { amount, .. } => {
                assert_ne!(amount, BROKEN_FOLD, "the fold is broken");
                self.asked += amount;
            }
            DealEvent::Refused { amount, .. } => self.refused += amount,
            DealEvent::Waits { .. } | DealEvent::Waited { .. } => {}
            DealEvent::Rang { timer, asked, .. } => self.rang.push(format!("{timer} after {asked}")),
            DealEvent::Ended => self.ended = true,
        }
    }
}

impl<const KIND: usize> On<TallyEvent> for Deal<KIND> {
    fn correlate(input: Input<'_, TallyEvent>) -> Correlate<String> {
        let Some(id) = input.aggregate_id().strip_prefix("deal-") else { return Correlate::Ignore };
        let id = if id == "nobody" { String::new() } else { id.to_owned() };
        match input.event {
            TallyEvent::Added { amount: NO_ID } => {
                Correlate::StartOrContinue(format!("{id}\0{}", "x".repeat(5_000)))
            }
            TallyEvent::Added { amount: START } => Correlate::Start(id),
            TallyEvent::Added { amount: CONTINUE } => Correlate::Continue(id),
            TallyEvent::Added { .. } => Correlate::StartOrContinue(id),
            TallyEvent::Closed => Correlate::ContinueIfStarted(id),
        }
    }

    fn on(&self, input: Input<'_, TallyEvent>) -> Vec<DealEvent> {
        let id = input.aggregate_id().strip_prefix("deal-").unwrap_or_default();
        let out = format!("out-{id}");
        let TallyEvent::Added { amount } = *input.event else { return vec![DealEvent::Ended] };
        let waits = |timer: &str, seconds| vec![DealEvent::Waits { timer: timer.to_owned(), seconds }];
        match amount {
            UNLUCKY => {
                unlucky(id);
                vec![DealEvent::Asked { out, amount }]
            }
            TWICE => {
                vec![DealEvent::Asked { out: out.clone(), amount: 50 }, DealEvent::Asked { out, amount: 50 }]
            }
            REFUSED_ID => vec![DealEvent::Asked { out: "\0".to_owned(), amount: 1 }],
            IMPURE => {
                let out = format!("out-{}", eventsource::EventId::new());
                vec![DealEvent::Asked { out, amount: 1 }]
            }
            CANCELS_B => [waits("b", 60), waits("cancels", 59)].concat(),
            CANCEL_A => vec![DealEvent::Waited { timer: "a".to_owned() }],
            START..=CONTINUE | STUBBORN | BROKEN_FOLD => vec![DealEvent::Asked { out, amount }],
            TIMER_UNLUCKY.. => waits("unlucky", amount - TIMER_UNLUCKY),
            TIMER_EVERY.. => waits("every", amount - TIMER_EVERY),
            TIMER_LAST.. => waits("last", amount - TIMER_LAST),
            TIMER_A.. if amount < TIMER_B => waits("a", amount - TIMER_A),
            TIMER_B.. => waits("b", amount - TIMER_B),
            _ => vec![DealEvent::Asked { out, amount }],
        }
    }
}

impl<const KIND: usize> OnTimer for Deal<KIND> {
    fn on_timer(&self, timer: Due<'_>) -> Vec<DealEvent> {
        let (out, name) = ("bell".to_owned(), timer.name.to_owned());
        let rang = DealEvent::Rang { out, timer: name.clone(), asked: self.asked };
        match timer.name {
            "last" => vec![rang, DealEvent::Ended],
            "every" => vec![rang, DealEvent::Waits { timer: name, seconds: EVERY }],
            "cancels" => vec![rang, DealEvent::Waited { timer: "b".to_owned() }],
            "unlucky" => {
                unlucky(timer.instance);
                vec![rang]
            }
            _ => vec![rang],
        }
    }
}

impl<const KIND: usize> OnRejected<Add> for Deal<KIND> {
    fn on_rejected(&self, command: &Add, error: &AlreadyClosed) -> Vec<DealEvent> {
        assert_eq!(*error, AlreadyClosed);
        let (out, amount) = (command.tally.clone(), command.amount);
        match amount {
            STUBBORN => vec![DealEvent::Asked { out, amount }],
            _ => vec![DealEvent::Refused { out, amount }],
        }
    }
}

impl<const KIND: usize> Effects for Deal<KIND> {
    fn effects(event: &DealEvent, fx: &mut Fx<'_, Self>) {
        match event {
            DealEvent::Asked { out, amount } if KIND == STRICT => fx.must_execute(add(out, *amount)),
            DealEvent::Asked { out, amount } => fx.execute(add(out, *amount)),
            DealEvent::Rang { out, .. } => fx.execute(add(out, 1)),
            DealEvent::Waits { timer, seconds } => fx.timer(timer, Duration::from_secs(*seconds)),
            DealEvent::Waited { timer } => fx.cancel(timer),
            DealEvent::Refused { .. } | DealEvent::Ended => {}
        }
    }

    fn is_completed(&self) -> bool {
        self.ended
    }

    fn on_failure() -> FailurePolicy {
        let short = Duration::from_millis(1);
        FailurePolicy::default().then(OnFailure::Park).attempts(1).min_delay(short).max_delay(short)
    }
}

impl<const KIND: usize> Process for Deal<KIND> {
    type Input = TallyEvent;
    const NAME: &'static str = ["deals", "strict_deals", "repeated_deals"][KIND];
    const PARTITIONS: u32 = if KIND == AGAIN { 4 } else { 1 };
    const RESTARTABLE: bool = KIND == AGAIN;

    fn correlate(input: Input<'_, TallyEvent>) -> Correlate<String> {
        <Self as On<TallyEvent>>::correlate(input)
    }

    fn on(&self, input: Input<'_, TallyEvent>) -> Vec<DealEvent> {
        <Self as On<TallyEvent>>::on(self, input)
    }

    fn on_timer(&self, timer: Due<'_>) -> Vec<DealEvent> {
        <Self as OnTimer>::on_timer(self, timer)
    }
}

/// The stored form of [`Add`].
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "eventsource.scheduled")]
pub(crate) enum StoredAdd {
    #[event(name = "Add")]
    It { tally: String, amount: u64 },
}

impl From<Add> for StoredAdd {
    fn from(Add { tally, amount }: Add) -> Self {
        Self::It { tally, amount }
    }
}

impl From<StoredAdd> for Add {
    fn from(StoredAdd::It { tally, amount }: StoredAdd) -> Self {
        Self { tally, amount }
    }
}

impl ScheduledCommand for Add {
    type Stored = StoredAdd;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "eventsource.scheduled.Close")]
pub(crate) enum StoredClose {
    #[event(name = "Close")]
    It { tally: String },
}

impl From<Close> for StoredClose {
    fn from(Close { tally }: Close) -> Self {
        Self::It { tally }
    }
}

impl From<StoredClose> for Close {
    fn from(StoredClose::It { tally }: StoredClose) -> Self {
        Self { tally }
    }
}

impl ScheduledCommand for Close {
    type Stored = StoredClose;
}
