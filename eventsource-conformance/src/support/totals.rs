//! Read models of tallies, and a projection and a handler with scripted behaviour.

use std::{
    borrow::Cow,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventsource_core::{
    Change, Delivery, EventHandler, FailurePolicy, Fold, OnFailure, Projection, ProjectionError, ReadModel,
    ReadModelProjection, Recorded,
    store::{GenerationId, ReadModelStore},
};
use eventsource_derive::{ReadModel, Schema};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{TallyEvent, at_once};

/// What was added to a tally, and in which order: a gap, a repetition or a wrong order shows in `seen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[eventsource(crate = "eventsource_core")]
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
#[eventsource(crate = "eventsource_core")]
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
        row.seen.push(event.version.get());
        Change::Put(row)
    }
}

/// What was added to all tallies whose ids begin with the same letter. Tallies that begin with `-` have no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[eventsource(crate = "eventsource_core")]
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
        row.seen.push(event.position.get());
        Change::Put(row)
    }
}

/// The scripted behaviour of a projection or handler for an event.
pub(crate) enum Behaviour {
    Apply,
    /// Ignores the event.
    Skip,
    Fail,
    Panic,
    /// Waits at the gate, and then applies the event.
    Wait(Gate),
    /// Never returns.
    Hang,
}

/// A gate at which a projection waits until it is opened. It then stays open.
#[derive(Clone)]
pub(crate) struct Gate(Arc<(Semaphore, Semaphore)>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new((Semaphore::new(0), Semaphore::new(0))))
    }

    async fn pass(&self) {
        self.knock();
        drop(self.0.1.acquire().await);
    }

    /// Reports an arrival, without waiting.
    pub(crate) fn knock(&self) {
        self.0.0.add_permits(1);
    }

    /// Returns when a projection has arrived at the gate, once for each arrival.
    pub(crate) async fn reached(&self) {
        let waiting = at_once("an arrival at the gate", self.0.0.acquire()).await;
        waiting.expect("the semaphore is open").forget();
    }

    pub(crate) fn open(&self) {
        self.0.1.add_permits(1);
    }
}

/// A switch that a test changes while projections run.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn turn(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

type Judge = dyn Fn(&Recorded<TallyEvent>) -> Behaviour + Send + Sync;

/// A projection into rows of [`Total`] with scripted behaviour for each event.
#[derive(Clone)]
pub(crate) struct Totals<const VERSION: u32 = 1, const PARTITIONS: u32 = 1> {
    rows: ReadModelProjection<Total, TallyEvent>,
    judge: Option<Arc<Judge>>,
    policy: FailurePolicy,
    /// How many times it was called with an event.
    given: Arc<AtomicUsize>,
}

impl<const VERSION: u32, const PARTITIONS: u32> Totals<VERSION, PARTITIONS> {
    /// A projection that applies every event.
    pub(crate) fn new() -> Self {
        let policy =
            FailurePolicy { attempts: 3, min_delay: SHORT, max_delay: SHORT, ..FailurePolicy::default() };
        Self { rows: Total::projection(), judge: None, policy, given: Arc::default() }
    }

    /// A projection with this behaviour. It is evaluated for all events of a batch before any of them is applied.
    pub(crate) fn that(judge: impl Fn(&Recorded<TallyEvent>) -> Behaviour + Send + Sync + 'static) -> Self {
        Self { judge: Some(Arc::new(judge)), ..Self::new() }
    }

    /// A projection that fails on [`UNLUCKY`] until it is fixed.
    pub(crate) fn failing_until(fixed: &Switch) -> Self {
        let fixed = fixed.clone();
        Self::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
    }

    pub(crate) fn parking(mut self) -> Self {
        self.policy.then = OnFailure::Park;
        self
    }

    /// Parks events after this many attempts.
    pub(crate) fn parking_after(mut self, attempts: usize) -> Self {
        self.policy.attempts = attempts;
        // The attempts on one event stand for those on others within the longest delay.
        self.policy.max_delay = Duration::from_secs(600);
        self.parking()
    }

    pub(crate) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

/// The delay between two attempts.
const SHORT: Duration = Duration::from_millis(1);

/// An amount that some projections fail on.
pub(crate) const UNLUCKY: u64 = 13;

/// The error they return.
pub(crate) const FAULT: &str = "13 must not be added";

pub(crate) fn is_unlucky(event: &TallyEvent) -> bool {
    *event == TallyEvent::Added { amount: UNLUCKY }
}

async fn done(deed: Behaviour) -> Result<bool, ProjectionError> {
    match deed {
        Behaviour::Apply => {}
        Behaviour::Skip => return Ok(false),
        Behaviour::Fail => return Err(ProjectionError::new(FAULT)),
        Behaviour::Panic => panic!("{FAULT}"),
        Behaviour::Wait(gate) => gate.pass().await,
        Behaviour::Hang => pending().await,
    }
    Ok(true)
}

#[async_trait]
impl<S: ReadModelStore, const VERSION: u32, const PARTITIONS: u32> Projection<S>
    for Totals<VERSION, PARTITIONS>
{
    type Event = TallyEvent;
    const NAME: &'static str = Total::TABLE;
    const VERSION: u32 = VERSION;
    const PARTITIONS: u32 = PARTITIONS;

    fn key<'a>(&self, event: &'a Recorded<TallyEvent>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.aggregate_id()))
    }

    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        Projection::<S>::setup(&self.rows, transaction).await
    }

    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError> {
        Projection::<S>::check(&self.rows, store, generation).await
    }

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        self.given.fetch_add(events.len(), Ordering::SeqCst);
        let Some(judge) = &self.judge else {
            return Projection::<S>::apply(&self.rows, events, transaction).await;
        };
        let mut wanted = Vec::with_capacity(events.len());
        for event in events {
            if done(judge(event)).await? {
                wanted.push(event.clone());
            }
        }
        Projection::<S>::apply(&self.rows, &wanted, transaction).await
    }

    fn on_failure(&self) -> FailurePolicy {
        self.policy
    }
}

/// A delivery: the tally, the version of the event, and the idempotency key.
pub(crate) type Mail = (String, u64, Uuid);

/// A handler that records deliveries, and then behaves as scripted. There are several, by number.
#[derive(Clone)]
pub(crate) struct Mails<const NUMBER: usize = 0> {
    sent: Arc<Mutex<Vec<Mail>>>,
    judge: Arc<Judge>,
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
        let mail = (delivery.aggregate_id().to_owned(), delivery.version.get(), delivery.idempotency_key);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        done((self.judge)(delivery.event)).await.map(drop)
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy { min_delay: SHORT, max_delay: SHORT, ..FailurePolicy::default() }
    }
}
