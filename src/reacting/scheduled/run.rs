//! Executes the scheduled commands of a type when they are due.

use std::{borrow::Cow, collections::HashSet, marker::PhantomData, sync::Arc};

use async_trait::async_trait;

use super::{
    ScheduledCommand, consumer_of,
    stored::{Stored, Unreadable},
};
use crate::{
    DecodeError, FailurePolicy, Handle, Metadata, ProjectionError, RecordedEvent, Timestamp,
    commands::{
        decide_reactions::{ReactionCommand, ReactionError},
        several::TypedCommand,
    },
    event::{Decoded, EventType, StoredEvent, Undecodable},
    projections::{
        ProjectionEngine,
        consumer::{
            BufferedEvents, Consumer, DeliveryOptions, Fault, Job, Known, NotYet, Share, Work, buffer::Buffer,
        },
    },
    reacting::appending::{Appending, undecided},
    store::{
        Definition, EventTypes, Generation, GenerationId, Lease, LogFilter, ProjectionKind, ProjectionStore,
        StartAt, StoreTransaction, Timer, TimerChange,
    },
};

pub(crate) struct ScheduledConsumer<C> {
    definition: Definition,
    filter: LogFilter,
    command: PhantomData<fn() -> C>,
}

impl<C: ScheduledCommand> ScheduledConsumer<C> {
    pub(crate) fn new() -> Self {
        let definition = Definition {
            name: consumer_of(C::NAME),
            version: 1,
            partitions: 1,
            kind: ProjectionKind::Scheduled,
            start: StartAt::Now,
            event_types: EventTypes::default(),
        };
        Self { definition, filter: LogFilter::none(), command: PhantomData }
    }
}

#[async_trait]
impl<S: ProjectionStore, C: ScheduledCommand> Consumer<S> for ScheduledConsumer<C>
where
    C::Aggregate: Handle<C>,
{
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }

    fn former_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_for(&self, _: &Fault) -> FailurePolicy {
        FailurePolicy::default()
    }

    fn delivery(&self) -> Option<DeliveryOptions> {
        None
    }

    fn filter(&self) -> &LogFilter {
        &self.filter
    }

    fn known(&self, _: &str) -> Known {
        Known::No
    }

    async fn setup(&self, _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn check(&self, _: &S, _: GenerationId) -> Result<(), ProjectionError> {
        Ok(())
    }

    fn work(self: Arc<Self>, engine: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>> {
        Box::new(ScheduledWork::<S, C> {
            lease: None,
            buffer: Buffer::default(),
            appending: Appending::new(Arc::clone(engine)),
            changes: Vec::new(),
            command: PhantomData,
        })
    }

    async fn apply_inline(&self, _: &[RecordedEvent], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("scheduled commands cannot be inline"))
    }
}

struct ScheduledWork<S, C> {
    /// The lease under which it works.
    lease: Option<Lease>,
    /// Always empty.
    buffer: Buffer<NoEvent>,
    appending: Appending<S>,
    changes: Vec<TimerChange>,
    command: PhantomData<fn() -> C>,
}

#[async_trait]
impl<S: ProjectionStore, C: ScheduledCommand> Work<S> for ScheduledWork<S, C>
where
    C::Aggregate: Handle<C>,
{
    fn take(&mut self, _: Cow<'_, RecordedEvent>, _: &Share<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        Vec::new()
    }

    fn begin(&mut self, _: &Generation, lease: &Lease, _: &HashSet<String>) {
        self.lease = Some(lease.clone());
    }

    async fn prepare_timers(&mut self, due: &[Timer], _: Timestamp) -> Result<(), ProjectionError> {
        self.appending.clear();
        self.changes = due.iter().cloned().map(TimerChange::Fire).collect();
        let (mut commands, mut failed) = (Vec::new(), Vec::new());
        for timer in due {
            match read::<C>(timer) {
                Ok((command, metadata)) => commands.push((timer, TypedCommand(command), metadata)),
                // A newer program executes it.
                Err(Unreadable::Decode(
                    error @ (DecodeError::UnknownVersion { .. } | DecodeError::UnknownType { .. }),
                )) => return Err(NotYet(error.into()).into()),
                Err(error) => failed.push((timer, ProjectionError::from(error).to_string())),
            }
        }
        let reactions: Vec<_> = commands
            .iter()
            .map(|(_, command, metadata)| ReactionCommand { command, metadata: metadata.clone() })
            .collect();
        if !reactions.is_empty() {
            let engine = self.appending.engine();
            match engine.commands.decide_reactions(&reactions).await {
                Ok(decided) => {
                    for (index, error) in &decided.rejected {
                        let reason = format!(
                            "the command `{}` was rejected: {error}",
                            reactions[*index].command.name()
                        );
                        failed.push((commands[*index].0, reason));
                    }
                    self.appending.decided(decided).await?;
                }
                // Of one command alone it is known that it is the cause.
                Err(ReactionError::Command { command, source }) if due.len() == 1 => {
                    let error = ProjectionError::from(ReactionError::Command { command, source });
                    failed.push((&due[0], error.to_string()));
                }
                Err(error) => return Err(undecided(error)),
            }
        }
        self.changes.extend(failed.into_iter().map(|(timer, reason)| parked(timer, reason)));
        Ok(())
    }

    async fn apply(
        &mut self,
        _: usize,
        _: usize,
        _: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let Some(lease) = &self.lease else { return Err(ProjectionError::new("no partition was begun")) };
        if !self.changes.is_empty() {
            transaction
                .change_timers(lease, &self.changes)
                .await
                .map_err(crate::reacting::appending::of_store)?;
        }
        self.appending.append(transaction).await
    }

    fn transaction_ended(&mut self, committed: bool) {
        self.changes = Vec::new();
        self.appending.transaction_ended(committed);
    }

    fn park(&mut self, _: usize, _: &str, _: Option<String>, _: usize) {}

    fn remove(&mut self, _: usize) {}

    fn clear(&mut self) {
        self.appending.clear();
    }
}

fn read<C: ScheduledCommand>(timer: &Timer) -> Result<(C, Metadata), Unreadable> {
    let stored: Stored = serde_json::from_str(&timer.data)?;
    Ok((stored.decode(&timer.key)?, stored.metadata()?))
}

/// A command that was not executed stays, and waits for an operator.
fn parked(timer: &Timer, reason: String) -> TimerChange {
    tracing::warn!(key = timer.key, reason, "a scheduled command was not executed; reschedule or cancel it");
    let data = match serde_json::from_str::<Stored>(&timer.data) {
        Ok(stored) => Stored { failed: Some(reason), was_due: Some(timer.due_at), ..stored }.json(),
        Err(_) => timer.data.clone(),
    };
    TimerChange::Set(Timer { due_at: Timestamp::MAX, data, ..timer.clone() })
}

/// The events of a consumer that reads none.
#[derive(Debug)]
enum NoEvent {}

impl crate::EventSet for NoEvent {
    const TYPES: &'static [EventType] = &[];
    const CATEGORIES: &'static [&'static str] = &[];

    fn decode(_: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        Err(Undecodable::UnknownType)
    }

    fn schema() -> Vec<crate::schema::TypeSchema> {
        Vec::new()
    }
}
