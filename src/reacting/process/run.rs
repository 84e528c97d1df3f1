//! Runs a process as a consumer of the log and of its timers.

use std::{
    borrow::Cow,
    collections::HashSet,
    marker::PhantomData,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::FutureExt;

use super::{
    Process, ProcessStart,
    aborted::Aborted,
    step::{Cause, StepError, StepInput, Steps, decide, input_of, stream_of},
};
use crate::{
    FailurePolicy, ProjectionError, RecordedEvent, Timestamp,
    commands::{
        decide_reactions::{DecidedReactions, Needed},
        several::{AnyAggregate, TypedAggregate},
    },
    projections::{
        ProjectionEngine,
        consumer::{
            BufferedEvents, Consumer, DeliveryOptions, Fault, Held, Job, Known, Share, Work, buffer::Buffer,
            storable,
        },
    },
    reacting::appending::{Appending, of_store, undecided},
    store::{
        Definition, EventTypes, Generation, GenerationId, Instance, InstanceQuery, InstanceState, Lease,
        LogFilter, ProjectionKind, ProjectionStore, StartAt, StoreTransaction, Timer, TimerChange,
    },
};

pub(crate) struct ProcessConsumer<P> {
    definition: Definition,
    filter: LogFilter,
    warms_up: bool,
    process: PhantomData<fn() -> P>,
}

impl<P: Process> ProcessConsumer<P> {
    pub(crate) fn new(start: ProcessStart) -> Self {
        let (start, warms_up) = match start {
            ProcessStart::At(start) => (start, false),
            ProcessStart::WarmUp => (StartAt::Beginning, true),
        };
        let definition = Definition {
            name: P::NAME.to_owned(),
            version: 1,
            partitions: P::PARTITIONS.max(1),
            kind: ProjectionKind::Process,
            start,
            event_types: EventTypes::of::<P::Input>(),
        };
        Self { definition, filter: LogFilter::of::<P::Input>(), warms_up, process: PhantomData }
    }
}

#[async_trait]
impl<S: ProjectionStore, P: Process> Consumer<S> for ProcessConsumer<P> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn on_failure(&self) -> FailurePolicy {
        P::on_failure()
    }

    fn former_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_for(&self, _: &Fault) -> FailurePolicy {
        P::on_failure()
    }

    fn delivery(&self) -> Option<DeliveryOptions> {
        None
    }

    fn filter(&self) -> &LogFilter {
        &self.filter
    }

    fn known(&self, event_type: &str) -> Known {
        Known::of::<P::Input>(event_type)
    }

    async fn setup(&self, _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn check(&self, _: &S, _: GenerationId) -> Result<(), ProjectionError> {
        Ok(())
    }

    fn work(self: Arc<Self>, engine: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>> {
        Box::new(ProcessWork::<S, P> {
            warms_up: self.warms_up,
            acts_from: Timestamp::MIN,
            lease: None,
            buffer: Buffer::default(),
            appending: Appending::new(Arc::clone(engine)),
            steps: Steps::default(),
            suspended: HashSet::new(),
            aborted: Aborted::default(),
            next_timer: None,
        })
    }

    async fn apply_inline(&self, _: &[RecordedEvent], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("a process cannot be inline"))
    }
}

struct ProcessWork<S, P: Process> {
    warms_up: bool,
    /// What was recorded, or was due, before this time has no commands.
    acts_from: Timestamp,
    /// The lease under which it works.
    lease: Option<Lease>,
    buffer: Buffer<P::Input>,
    appending: Appending<S>,
    /// What the transaction changes besides the streams.
    steps: Steps,
    /// Instances that an operator has suspended.
    suspended: HashSet<String>,
    aborted: Aborted,
    /// The earliest timer that was set since the last call of `take_next_timer`.
    next_timer: Option<Timestamp>,
}

/// Decides steps on the states of all aggregates concerned.
async fn decided<S: ProjectionStore, P: Process>(
    engine: &ProjectionEngine<S>,
    inputs: Vec<StepInput<'_, P>>,
) -> Result<(Steps, Option<DecidedReactions>), ProjectionError> {
    if inputs.is_empty() {
        return Ok((Steps::default(), None));
    }
    let mut needed = Needed::new();
    let instance: Arc<dyn AnyAggregate> = Arc::new(TypedAggregate::<P>(PhantomData));
    for input in &inputs {
        needed.insert(stream_of::<P>(input.key)?, Arc::clone(&instance));
    }
    let decide = |parts: &mut _, needed: &mut _| decide(&inputs, parts, needed);
    match engine.commands.decide_steps(needed, decide).await {
        Ok((steps, decided)) => Ok((steps, Some(decided))),
        Err(StepError::Reaction(error)) => Err(undecided(error)),
        Err(error) => Err(error.into()),
    }
}

impl<S: ProjectionStore, P: Process> ProcessWork<S, P> {
    /// Decides the steps before the transaction begins, so that it is short.
    async fn decide(&mut self, from: usize, to: usize, only: Option<&str>) -> Result<(), ProjectionError> {
        self.appending.clear();
        self.steps = Steps::default();
        let mut inputs: Vec<StepInput<'_, P>> = Vec::with_capacity(to - from);
        let mut ignored = Vec::new();
        let ahead = self.appending.engine().clock.ahead();
        for (event, keys) in self.buffer.events[from..to].iter().zip(&self.buffer.keys[from..to]) {
            // An event that was parked meanwhile has no key left.
            let Some(key) = keys.first() else { continue };
            if only.is_some_and(|only| only != key) {
                continue;
            }
            if self.suspended.contains(key) {
                return Err(self.suspended(key).await?);
            } else if self.aborted.contains(key) {
                ignored.push(key.as_str());
            } else {
                let acts = event.context.recorded_at >= self.acts_from;
                inputs.push(StepInput { key, cause: Cause::Event(event), acts, ahead });
            }
        }
        let (mut steps, decided) = decided(self.appending.engine(), inputs).await?;
        steps.ignore(ignored);
        self.steps = steps;
        if let Some(decided) = decided {
            self.appending.decided(decided).await?;
        }
        Ok(())
    }

    /// Whether one of the instances of a single stored event is aborted that was not known to be. Of a longer batch, parts
    /// are tried first.
    async fn learn_aborted(&mut self, from: usize, to: usize) -> Result<bool, ProjectionError> {
        let Some(lease) = &self.lease else { return Ok(false) };
        let position = |index: usize| self.buffer.events[index].context.position;
        if (from..to).any(|index| position(index) != position(from)) {
            return Ok(false);
        }
        let mut is_new = false;
        for key in self.buffer.keys[from..to].iter().flatten() {
            let query = InstanceQuery { key: Some(key.clone()), ..InstanceQuery::first(1) };
            let found = self.appending.engine().store.instances(lease.generation, &query).await?;
            if found.first().is_some_and(|it| it.state == InstanceState::Aborted) {
                is_new |= self.aborted.learn(key);
            }
        }
        Ok(is_new)
    }

    /// Why an event of an instance that was suspended is not processed: unless it was resumed meanwhile, it waits.
    async fn suspended(&self, key: &str) -> Result<ProjectionError, ProjectionError> {
        let Some(lease) = &self.lease else { return Ok(Held.into()) };
        let query = InstanceQuery { key: Some(key.to_owned()), ..InstanceQuery::first(1) };
        let found = self.appending.engine().store.instances(lease.generation, &query).await?;
        match found.first() {
            Some(Instance { state: InstanceState::Suspended, .. }) => {
                Ok(StepError::Suspended { key: key.to_owned() }.into())
            }
            _ => Ok(Held.into()),
        }
    }
}

#[async_trait]
impl<S: ProjectionStore, P: Process> Work<S> for ProcessWork<S, P> {
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault> {
        self.buffer.take(event, share, |event| {
            let id = P::correlate(input_of(event));
            id.id().map(|id| storable(id.to_string())).into_iter().collect()
        })
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        Vec::new()
    }

    fn begin(&mut self, generation: &Generation, lease: &Lease, suspended: &HashSet<String>) {
        self.acts_from = if self.warms_up { generation.created_at } else { Timestamp::MIN };
        self.lease = Some(lease.clone());
        self.suspended.clone_from(suspended);
    }

    fn take_next_timer(&mut self) -> Option<Timestamp> {
        self.next_timer.take()
    }

    async fn prepare(&mut self, from: usize, to: usize, only: Option<&str>) -> Result<(), ProjectionError> {
        loop {
            let prepared = AssertUnwindSafe(self.decide(from, to, only)).catch_unwind().await;
            if let Ok(Ok(())) = prepared {
                return Ok(());
            }
            // An aborted instance ignores an input that its step fails on.
            if !self.learn_aborted(from, to).await? {
                return prepared.unwrap_or_else(|panic| resume_unwind(panic));
            }
        }
    }
    async fn prepare_timers(&mut self, due: &[Timer], now: Timestamp) -> Result<(), ProjectionError> {
        self.appending.clear();
        let ahead = self.appending.engine().clock.ahead();
        if due.iter().any(|timer| self.suspended.contains(&timer.key)) {
            return Err(Held.into());
        }
        let (aborted, due_steps): (Vec<_>, Vec<_>) =
            due.iter().partition(|timer| self.aborted.contains(&timer.key));
        let inputs = due_steps.into_iter().map(|timer| {
            let acts = timer.due_at >= self.acts_from;
            StepInput::<P> { key: &timer.key, cause: Cause::Timer { timer, now }, acts, ahead }
        });
        let (mut steps, decided) = decided(self.appending.engine(), inputs.collect()).await?;
        steps.ignore(aborted.into_iter().map(|timer| timer.key.as_str()).collect());
        let fired = due.iter().cloned().map(TimerChange::Fire);
        steps.timers.splice(0..0, fired);
        self.steps = steps;
        if let Some(decided) = decided {
            self.appending.decided(decided).await?;
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        _: usize,
        _: usize,
        _: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let Steps { instances, timers } = &self.steps;
        let Some(lease) = &self.lease else { return Err(ProjectionError::new("no partition was begun")) };
        if !instances.is_empty() {
            let held = transaction.change_instances(lease, instances).await?;
            self.aborted.check(instances, held)?;
        }
        if !timers.is_empty() {
            transaction.change_timers(lease, timers).await.map_err(of_store)?;
        }
        self.appending.append(transaction).await
    }

    fn transaction_ended(&mut self, committed: bool) {
        let Steps { timers, .. } = std::mem::take(&mut self.steps);
        if committed {
            let set = timers.iter().filter_map(|change| match change {
                TimerChange::Set(timer) => Some(timer.due_at),
                _ => None,
            });
            self.next_timer = self.next_timer.into_iter().chain(set).min();
        }
        self.appending.transaction_ended(committed);
    }

    fn park(&mut self, index: usize, key: &str, error: Option<String>, attempts: usize) {
        self.buffer.park(index, key, error, attempts);
    }

    fn remove(&mut self, index: usize) {
        self.buffer.remove(index);
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.appending.clear();
    }
}
