//! Read models of tallies, and a projection and a handler with scripted behaviour.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    Change, Delivery, EventHandler, FailurePolicy, Fold, OnFailure, ProjectionError, ReadModel, Recorded,
    Schema,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Behaviour, Scripted, Switch, TallyEvent, done, scripted::Judge};

/// What was added to a tally, and in which order: a gap, a repetition or a wrong order shows in `seen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "totals")]
pub(crate) struct Total {
    #[read_model(key)]
    pub(crate) tally: String,
    pub(crate) total: u64,
    /// The versions of the events, in the order of application.
    pub(crate) seen: Versions,
}

/// Versions, written as ranges: a row that grows with each event is slower to write the more events were applied, so
/// that a test in which it races with writers need not end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct Versions(Vec<(u64, u64)>);

impl Versions {
    fn push(&mut self, version: u64) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 == version => *last = version,
            _ => self.0.push((version, version)),
        }
    }

    pub(crate) fn into_vec(self) -> Vec<u64> {
        self.0.into_iter().flat_map(|(first, last)| first..=last).collect()
    }
}

impl FromIterator<u64> for Versions {
    fn from_iter<I: IntoIterator<Item = u64>>(versions: I) -> Self {
        versions.into_iter().fold(Self::default(), |mut all, version| {
            all.push(version);
            all
        })
    }
}

impl Fold<TallyEvent> for Total {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event else { return Change::Keep };
        let new = || Self { tally: event.aggregate_id().to_owned(), total: 0, seen: Versions::default() };
        let mut row = row.unwrap_or_else(new);
        row.total += amount;
        row.seen.push(event.context.version.get());
        Change::Put(row)
    }
}

/// What was added to all tallies whose ids begin with the same letter. Tallies that begin with `-` have no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "letters", partitions = 4)]
pub(crate) struct Letter {
    #[read_model(key)]
    pub(crate) letter: String,
    pub(crate) total: u64,
    /// The positions of the events, in the order of application.
    pub(crate) seen: Vec<u64>,
}

impl Fold<TallyEvent> for Letter {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        event.aggregate_id().get(..1).filter(|letter| *letter != "-").map(str::to_owned)
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event else { return Change::Keep };
        let letter = Self::key(event).expect("an event without a key is not folded");
        let mut row = row.unwrap_or(Self { letter, total: 0, seen: Vec::new() });
        row.total += amount;
        row.seen.push(event.context.position.get());
        Change::Put(row)
    }
}

/// The projection of [`Total`], with scripted behaviour for each event.
pub(crate) type Totals<const VERSION: u32 = 1, const PARTITIONS: u32 = 1> =
    Scripted<Total, TallyEvent, VERSION, PARTITIONS>;

impl<const VERSION: u32, const PARTITIONS: u32> Totals<VERSION, PARTITIONS> {
    /// A projection that applies every event.
    pub(crate) fn new() -> Self {
        Self::applying(FailurePolicy::default().attempts(3).min_delay(SHORT).max_delay(SHORT))
    }

    /// A projection with this behaviour.
    pub(crate) fn that(judge: impl Fn(&Recorded<TallyEvent>) -> Behaviour + Send + Sync + 'static) -> Self {
        Self::new().judged_by(judge)
    }

    /// A projection that fails on [`UNLUCKY`] until it is fixed.
    pub(crate) fn failing_until(fixed: &Switch) -> Self {
        let fixed = fixed.clone();
        Self::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
    }

    /// A projection with this policy.
    pub(crate) fn with(mut self, policy: FailurePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Parks events after this many attempts.
    pub(crate) fn parking_after(mut self, attempts: usize) -> Self {
        self.policy.attempts = attempts;
        // The attempts on one event stand for those on others within the longest delay.
        self.policy.max_delay = Duration::from_secs(600);
        self.parking()
    }
}

/// The delay between two attempts.
const SHORT: Duration = Duration::from_millis(1);

/// An amount that some projections fail on.
pub(crate) const UNLUCKY: u64 = 13;

pub(crate) fn is_unlucky(event: &TallyEvent) -> bool {
    *event == TallyEvent::Added { amount: UNLUCKY }
}

/// A delivery: the tally, the version of the event, and the idempotency key.
pub(crate) type Mail = (String, u64, Uuid);

/// A handler that records deliveries, and then behaves as scripted. There are several, by number.
#[derive(Clone)]
pub(crate) struct Mails<const NUMBER: usize = 0> {
    sent: Arc<Mutex<Vec<Mail>>>,
    judge: Arc<Judge<TallyEvent>>,
}

impl<const NUMBER: usize> Mails<NUMBER> {
    pub(crate) fn new() -> Self {
        Self::that(|_| Behaviour::Apply)
    }

    pub(crate) fn that(judge: impl Fn(&Recorded<TallyEvent>) -> Behaviour + Send + Sync + 'static) -> Self {
        Self { sent: Arc::default(), judge: Arc::new(judge) }
    }

    pub(crate) fn sent(&self) -> Vec<Mail> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The versions of the handled events of a tally, in order.
    pub(crate) fn versions(&self, tally: &str) -> Vec<u64> {
        self.sent().into_iter().filter(|(id, ..)| id == tally).map(|(_, version, _)| version).collect()
    }
}

#[async_trait]
impl<const NUMBER: usize> EventHandler for Mails<NUMBER> {
    type Event = TallyEvent;
    const NAME: &'static str = ["mails", "more_mails", "yet_more_mails"][NUMBER];
    const PARTITIONS: u32 = 2;

    async fn handle(&self, delivery: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        let mail =
            (delivery.aggregate_id().to_owned(), delivery.context.version.get(), delivery.idempotency_key);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        let event = Recorded { event: delivery.event.clone(), context: delivery.context.clone() };
        done((self.judge)(&event)).await.map(drop)
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().min_delay(SHORT).max_delay(SHORT)
    }
}

/// A handler with one partition that records deliveries, and then behaves as scripted. It handles this many events at the
/// same time, and commits each if it says so.
#[derive(Clone)]
pub(crate) struct Calls<const CONCURRENCY: usize, const EACH: bool = false> {
    mails: Mails,
    policy: FailurePolicy,
}

impl<const CONCURRENCY: usize, const EACH: bool> Calls<CONCURRENCY, EACH> {
    pub(crate) fn new() -> Self {
        Self::that(|_| Behaviour::Apply)
    }

    pub(crate) fn that(judge: impl Fn(&Recorded<TallyEvent>) -> Behaviour + Send + Sync + 'static) -> Self {
        let policy = FailurePolicy::default().attempts(3).min_delay(SHORT).max_delay(SHORT);
        Self { mails: Mails::that(judge), policy }
    }

    pub(crate) fn parking(self) -> Self {
        let policy = self.policy.then(OnFailure::Park);
        self.with(policy)
    }

    pub(crate) fn with(self, policy: FailurePolicy) -> Self {
        Self { policy, ..self }
    }

    pub(crate) fn sent(&self) -> Vec<Mail> {
        self.mails.sent()
    }

    /// The versions of the handled events of a tally, in order.
    pub(crate) fn versions(&self, tally: &str) -> Vec<u64> {
        self.mails.versions(tally)
    }
}

#[async_trait]
impl<const CONCURRENCY: usize, const EACH: bool> EventHandler for Calls<CONCURRENCY, EACH> {
    type Event = TallyEvent;
    const NAME: &'static str = "calls";
    const CONCURRENCY: usize = CONCURRENCY;
    const COMMIT_EVERY: Duration = if EACH { Duration::ZERO } else { Duration::from_millis(100) };

    async fn handle(&self, delivery: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        self.mails.handle(delivery).await
    }

    fn on_failure(&self) -> FailurePolicy {
        self.policy
    }
}
