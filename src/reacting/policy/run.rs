//! Runs a policy as a consumer of the log.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;

use super::{OnRejection, Policy, Rejection};
use crate::{
    FailurePolicy, ProjectionError, RecordedEvent,
    commands::decide_reactions::{ReactionCommand, caused_by},
    projections::{
        ProjectionEngine,
        consumer::{
            BufferedEvents, Consumer, DeliveryOptions, Fault, Job, Known, Share, Work, buffer::Buffer,
            storable,
        },
    },
    reacting::{
        appending::{Appending, undecided},
        hops::Hops,
    },
    store::{Definition, EventTypes, GenerationId, LogFilter, ProjectionKind, ProjectionStore, StartAt},
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
            buffer: Buffer::default(),
            appending: Appending::new(Arc::clone(engine)),
        })
    }

    async fn apply_inline(&self, _: &[RecordedEvent], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("a policy cannot be inline"))
    }
}

struct PolicyWork<S, P: Policy> {
    consumer: Arc<PolicyConsumer<P>>,
    buffer: Buffer<P::Event>,
    appending: Appending<S>,
}

#[async_trait]
impl<S: ProjectionStore, P: Policy> Work<S> for PolicyWork<S, P> {
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault> {
        let policy = &self.consumer.policy;
        self.buffer.take(event, share, |event| {
            policy.key(event).map(|key| storable(key.into_owned())).into_iter().collect()
        })
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        Vec::new()
    }

    /// Decides the commands before the transaction begins, so that it is short: while its append is not committed, no
    /// reader of the log passes it.
    async fn prepare(&mut self, from: usize, to: usize, only: Option<&str>) -> Result<(), ProjectionError> {
        self.appending.clear();
        let policy = &self.consumer.policy;
        // An event that was parked meanwhile has no key left.
        let is_wanted = |key: &String| only.is_none_or(|only| only == key);
        let indexes = (from..to).filter(|&index| self.buffer.keys(index).iter().any(is_wanted));
        let events = indexes.map(|index| &self.buffer.events[index]);
        let reacted: Vec<_> = events.map(|event| (event, policy.react(event))).collect();
        let mut commands = Vec::new();
        let mut causes = Vec::new();
        for (event, reactions) in reacted.iter().filter(|(_, reactions)| !reactions.is_empty()) {
            let entry = Hops::next(&event.context, P::NAME)?.entry();
            for reaction in &reactions.commands {
                let metadata = caused_by(&event.context, entry.clone());
                commands.push(ReactionCommand { command: &*reaction.command, metadata });
                causes.push(*event);
            }
        }
        if commands.is_empty() {
            return Ok(());
        }
        let engine = self.appending.engine();
        let decided = engine.commands.decide_reactions(&commands).await.map_err(undecided)?;
        for (index, error) in &decided.rejected {
            let (event, command) = (causes[*index], commands[*index].command.name());
            match policy.on_rejected(&Rejection { event, command, error: &**error }) {
                OnRejection::Accept => {
                    tracing::info!(policy = P::NAME, command, event = %event.context, %error, "a command was rejected");
                }
                OnRejection::Fail => return Err(Rejected { command, reason: error.to_string() }.into()),
            }
        }
        self.appending.decided(decided).await?;
        Ok(())
    }

    async fn apply(
        &mut self,
        _: usize,
        _: usize,
        _: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        self.appending.append(transaction).await
    }

    fn transaction_ended(&mut self, committed: bool) {
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

/// The policy has not said that it accepts the rejection.
#[derive(Debug, thiserror::Error)]
#[error("the command `{command}` was rejected: {reason}")]
struct Rejected {
    command: &'static str,
    reason: String,
}
