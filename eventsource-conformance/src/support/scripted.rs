//! A projection into rows, with scripted behaviour.

use std::{
    borrow::Cow,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use eventsource::{
    EventSet, FailurePolicy, Fold, OnFailure, Projection, ProjectionError, Recorded,
    projections::ReadModelProjection,
    store::{GenerationId, ReadModelStore},
};
use tokio::sync::Semaphore;

use super::at_once;

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

/// Behaves in this way for an event. Returns whether the event is to be applied.
pub(crate) async fn done(deed: Behaviour) -> Result<bool, ProjectionError> {
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

/// The error of a scripted failure.
pub(crate) const FAULT: &str = "13 must not be added";

/// The behaviour for an event.
pub(super) type Judge<E> = dyn Fn(&Recorded<E>) -> Behaviour + Send + Sync;

/// A projection into the rows of a read model, keyed by the aggregate, with scripted behaviour for each event.
#[derive(Clone)]
pub(crate) struct Scripted<R, E, const VERSION: u32, const PARTITIONS: u32> {
    rows: ReadModelProjection<R, E>,
    judge: Option<Arc<Judge<E>>>,
    pub(super) policy: FailurePolicy,
    /// How many times it was called with an event.
    given: Arc<AtomicUsize>,
}

impl<R: Fold<E>, E: EventSet, const VERSION: u32, const PARTITIONS: u32> Scripted<R, E, VERSION, PARTITIONS> {
    /// A projection that applies every event.
    pub(super) fn applying(policy: FailurePolicy) -> Self {
        Self { rows: R::projection(), judge: None, policy, given: Arc::default() }
    }

    /// The same with this behaviour. It is evaluated for all events of a batch before any of them is applied.
    pub(super) fn judged_by(self, judge: impl Fn(&Recorded<E>) -> Behaviour + Send + Sync + 'static) -> Self {
        Self { judge: Some(Arc::new(judge)), ..self }
    }

    pub(crate) fn parking(mut self) -> Self {
        self.policy.then = OnFailure::Park;
        self
    }

    pub(crate) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl<S, R, E, const VERSION: u32, const PARTITIONS: u32> Projection<S> for Scripted<R, E, VERSION, PARTITIONS>
where
    S: ReadModelStore,
    R: Fold<E>,
    E: EventSet + Clone,
{
    type Event = E;
    const NAME: &'static str = R::TABLE;
    const VERSION: u32 = VERSION;
    const PARTITIONS: u32 = PARTITIONS;

    fn key<'a>(&self, event: &'a Recorded<E>) -> Option<Cow<'a, str>> {
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
        events: &[Recorded<E>],
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
