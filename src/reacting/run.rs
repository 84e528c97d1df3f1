//! Runs a policy as a consumer of the log.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;

use super::{OnRejection, Policy, Rejection, hops::Hops};
use crate::{
    FailurePolicy, Position, ProjectionError, RecordedEvent,
    commands::decide_reactions::{DecidedReactions, ReactionCommand, ReactionError},
    projections::{
        ProjectionEngine,
        consumer::{
            BufferedEvents, Consumer, Contended, DeliveryOptions, Fault, Job, Known, NotYet, Share, Work,
            buffer::Buffer,
        },
        inline,
    },
    store::{
        AppendError, Definition, EventTypes, GenerationId, LogFilter, ProjectionKind, ProjectionStore,
        StartAt, StoreError,
    },
};

pub(crate) struct PolicyConsumer<P> {
    policy: P,
    definition: Definition,
    filter: LogFilter,
}

impl<P: Policy> PolicyConsumer<P> {
    pub(crate) fn new(policy: P, start: StartAt) -> Self {
        let definition = Definition {
            name: P::NAME.to_owned(),
            version: 1,
            partitions: P::PARTITIONS.max(1),
            kind: ProjectionKind::Policy,
            start,
            event_types: EventTypes::of::<P::Event>(),
        };
        Self { policy, definition, filter: LogFilter::of::<P::Event>() }
    }
}

#[async_trait]
impl<S: ProjectionStore, P: Policy> Consumer<S> for PolicyConsumer<P> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn on_failure(&self) -> FailurePolicy {
        self.policy.on_failure()
    }

    fn former_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_for(&self, _: &Fault) -> FailurePolicy {
        self.policy.on_failure()
    }

    fn delivery(&self) -> Option<DeliveryOptions> {
        None
    }

    fn filter(&self) -> &LogFilter {
        &self.filter
    }

    fn known(&self, event_type: &str) -> Known {
        Known::of::<P::Event>(event_type)
    }

    async fn setup(&self, _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn check(&self, _: &S, _: GenerationId) -> Result<(), ProjectionError> {
        Ok(())
    }

    fn work(self: Arc<Self>, engine: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>> {
        Box::new(PolicyWork {
            consumer: self,
            engine: Arc::clone(engine),
            buffer: Buffer::default(),
            decided: None,
            appended: None,
        })
    }

    async fn apply_inline(&self, _: &[RecordedEvent], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("a policy cannot be inline"))
    }
}

struct PolicyWork<S, P: Policy> {
    consumer: Arc<PolicyConsumer<P>>,
    engine: Arc<ProjectionEngine<S>>,
    buffer: Buffer<P::Event>,
    /// What the transaction is to append.
    decided: Option<DecidedReactions>,
    /// The position of the last event that the transaction appends.
    appended: Option<Position>,
}

#[async_trait]
impl<S: ProjectionStore, P: Policy> Work<S> for PolicyWork<S, P> {
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault> {
        let policy = &self.consumer.policy;
        self.buffer.take(event, share, |event| policy.key(event).map(Cow::into_owned).into_iter().collect())
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        Vec::new()
    }

    /// Decides the commands before the transaction begins, so that it is short: while its append is not committed, no
    /// reader of the log passes it.
    async fn prepare(&mut self, from: usize, to: usize) -> Result<(), ProjectionError> {
        self.decided = None;
        let policy = &self.consumer.policy;
        // An event that was parked meanwhile has no key left.
        let indexes = (from..to).filter(|&index| !self.buffer.keys(index).is_empty());
        let events = indexes.map(|index| &self.buffer.events[index]);
        let reacted: Vec<_> = events.map(|event| (event, policy.react(event))).collect();
        let mut commands = Vec::new();
        let mut causes = Vec::new();
        for (event, reactions) in reacted.iter().filter(|(_, reactions)| !reactions.is_empty()) {
            let entry = Hops::next(event, P::NAME)?.entry();
            for reaction in &reactions.commands {
                let (command, entry) = (&*reaction.command, entry.clone());
                commands.push(ReactionCommand { command, event: &event.context, entry });
                causes.push(*event);
            }
        }
        if commands.is_empty() {
            return Ok(());
        }
        let decided =
            self.engine.commands.decide_reactions(&commands).await.map_err(|error| match error {
                ReactionError::Conflict => Contended.into(),
                ReactionError::Store(error) => of_store(error),
                error if error.needs_newer_program() => NotYet(error.into()).into(),
                error => ProjectionError::from(error),
            })?;
        for (index, error) in &decided.rejected {
            let (event, command) = (causes[*index], commands[*index].command.name());
            match policy.on_rejected(&Rejection { event, command, error: &**error }) {
                OnRejection::Accept => {
                    tracing::info!(policy = P::NAME, command, event = %event.context, %error, "a command was rejected");
                }
                OnRejection::Fail => return Err(Rejected { command, reason: error.to_string() }.into()),
            }
        }
        self.decided = Some(decided);
        Ok(())
    }

    async fn apply(
        &mut self,
        _: usize,
        _: usize,
        _: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let Some(decided) = &mut self.decided else { return Ok(()) };
        let append = decided.append();
        if append.streams.is_empty() {
            return Ok(());
        }
        let inline = self.engine.inline.as_deref();
        let receipts =
            inline::append_within(inline, &append, transaction).await.map_err(|error| match error {
                AppendError::Conflict { .. } => Contended.into(),
                AppendError::Store(error) => of_store(error),
                // A program that has the projection reacts, or this one does once the projection is not inline.
                error @ (AppendError::Inline { .. } | AppendError::Superseded(_)) => {
                    NotYet(error.into()).into()
                }
                error => ProjectionError::from(error),
            })?;
        self.appended = receipts.iter().map(|receipt| receipt.position).max();
        Ok(())
    }

    fn transaction_ended(&mut self, committed: bool) {
        if let Some(decided) = self.decided.take() {
            decided.end(committed);
        }
        if let Some(position) = self.appended.take().filter(|_| committed) {
            self.engine.awake.wake(position);
        }
    }

    fn park(&mut self, index: usize, key: &str, error: Option<String>, attempts: usize) {
        self.buffer.park(index, key, error, attempts);
    }

    fn remove(&mut self, index: usize) {
        self.buffer.remove(index);
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.decided = None;
    }
}

fn of_store(error: StoreError) -> ProjectionError {
    match error {
        StoreError::Contended { .. } => Contended.into(),
        error => error.into(),
    }
}

/// The policy has not said that it accepts the rejection.
#[derive(Debug, thiserror::Error)]
#[error("the command `{command}` was rejected: {reason}")]
struct Rejected {
    command: &'static str,
    reason: String,
}
