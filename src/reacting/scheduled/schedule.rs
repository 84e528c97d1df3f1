//! Scheduling a command.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{ScheduledCommand, ScheduledId, TIMER, consumer_of, stored::Stored};
use crate::{
    EncodeError, EventContext, StreamId, Timestamp, Traceparent,
    commands::Origin,
    projections::{ProjectionEngine, consumer::partition_of},
    reacting::When,
    store::{
        Generation, GenerationRequest, GenerationState, ProjectionStore, StoreError, StoreTransaction, Timer,
        TimerChange,
    },
};

/// A command that is scheduled by `.await`.
#[must_use = "a command is scheduled by `.await`"]
pub struct Schedule<'a, S, C> {
    engine: &'a Arc<ProjectionEngine<S>>,
    command: C,
    when: When,
    key: Option<String>,
    origin: Origin,
}

/// Why a command was not scheduled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// This program does not execute commands of this type when they are due.
    #[error(
        "the command `{command}` is not registered; register it with `.scheduled::<…>()` on the builder of the event source"
    )]
    NotRegistered {
        /// The type of the command.
        command: String,
    },
    /// The key is not one.
    #[error("the key of a scheduled command is a text as the id of a stream is")]
    Key(#[from] crate::event::InvalidStreamId),
    /// The command cannot be written as JSON.
    #[error("the command cannot be stored")]
    Encode(#[from] EncodeError),
    /// The store could not be written. The command may have been scheduled. Scheduling it again under the same key replaces
    /// it while it waits; one that was executed meanwhile is executed again.
    #[error("the command could not be scheduled")]
    Store(#[from] StoreError),
}

impl<'a, S: ProjectionStore, C: ScheduledCommand> Schedule<'a, S, C> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>, command: C) -> Self {
        let (when, key, origin) = (When::After(Duration::ZERO), None, Origin::default());
        Self { engine, command, when, key, origin }
    }

    /// Sets the time at which it is due, on the store's clock. A time that has passed is now.
    pub fn at(mut self, due_at: Timestamp) -> Self {
        self.when = When::At(due_at);
        self
    }

    /// Sets how long from now it is due.
    pub fn after(mut self, duration: Duration) -> Self {
        self.when = When::After(duration);
        self
    }

    /// Sets the key. A command of this type that is scheduled under the same key is replaced. Without a key, it gets a
    /// random one.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds an entry to the metadata of the events.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.origin.entry(key.into(), value.into());
        self
    }

    /// Sets the event that caused this command, as for [`Execute`](crate::commands::Execute::caused_by).
    pub fn caused_by(mut self, event: &EventContext) -> Self {
        self.origin.cause(event);
        self
    }

    /// Sets the correlation id.
    pub fn correlation_id(mut self, id: Uuid) -> Self {
        self.origin.correlation(id);
        self
    }

    /// Sets the W3C trace context.
    pub fn traceparent(mut self, traceparent: Traceparent) -> Self {
        self.origin.trace(traceparent);
        self
    }

    async fn run(self) -> Result<ScheduledId, ScheduleError> {
        let Self { engine, command, when, key, origin } = self;
        let key = key.unwrap_or_else(|| Uuid::now_v7().to_string());
        // Keys are texts that every store keeps.
        StreamId::new(TIMER, &key)?;
        let data = Stored::encode(command, &origin.metadata())?.json();
        let generation = generation_of(engine, C::NAME).await?;
        let due_at = match when {
            When::At(at) => at,
            When::After(duration) => {
                let now = engine.store.moment().await?.time.saturating_add(engine.clock.ahead());
                now.saturating_add(duration)
            }
        };
        let timer = Timer { key: key.clone(), name: TIMER.to_owned(), due_at, data };
        let partition = partition_of(&key, u32::try_from(generation.checkpoints.len()).unwrap_or(u32::MAX));
        engine.store.change_timer(generation.id, partition, &TimerChange::Set(timer)).await?;
        engine.clock.changed();
        Ok(ScheduledId { command: C::NAME.to_owned(), key })
    }
}

/// The generation of the consumer of a command. If no program has been started with it yet, it is created.
async fn generation_of<S: ProjectionStore>(
    engine: &ProjectionEngine<S>,
    command: &str,
) -> Result<Generation, ScheduleError> {
    let name = consumer_of(command);
    let Some(consumer) = engine.consumers.iter().find(|it| it.definition().name == name) else {
        return Err(ScheduleError::NotRegistered { command: command.to_owned() });
    };
    loop {
        let generations = engine.store.generations().await?;
        let live = |it: &Generation| it.name == name && it.state == GenerationState::Live;
        if let Some(generation) = generations.into_iter().find(live) {
            return Ok(generation);
        }
        let created = engine.store.begin_generation(consumer.definition(), GenerationRequest::Start).await?;
        if let Some((_, transaction)) = created {
            transaction.commit().await?;
        }
    }
}

impl<'a, S: ProjectionStore, C: ScheduledCommand> IntoFuture for Schedule<'a, S, C> {
    type Output = Result<ScheduledId, ScheduleError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture
    where
        C: 'a,
    {
        Box::pin(self.run())
    }
}

impl<S, C> std::fmt::Debug for Schedule<'_, S, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("when", &self.when).field("key", &self.key).finish_non_exhaustive()
    }
}
