//! Looking at scheduled commands, moving and cancelling them.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use super::{ScheduledId, TIMER, consumer_of, stored::Stored};
use crate::{
    Timestamp,
    projections::{ProjectionEngine, consumer::partition_of},
    store::{
        Generation, GenerationState, ProjectionKind, ProjectionStore, StoreError, Timer, TimerChange,
        TimerId, TimerQuery,
    },
};

/// How many commands are read at a time.
const PAGE: usize = 1_000;

/// A scheduled command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduledEntry {
    /// Its name.
    pub id: ScheduledId,
    /// When it is due; for one that has failed, when it was due.
    pub due_at: Timestamp,
    /// Why it was not executed: it was rejected, or could not be decoded. It stays until it is
    /// [rescheduled](crate::EventSource::reschedule) or [cancelled](crate::EventSource::cancel_scheduled).
    pub failed: Option<String>,
    /// The version of its payload.
    pub version: u32,
    /// Its payload, as JSON.
    pub payload: String,
}

/// The scheduled commands, read by `.await`.
#[must_use = "the commands are read by `.await`"]
pub struct ScheduledCommands<'a, S> {
    engine: &'a Arc<ProjectionEngine<S>>,
    due_before: Option<Timestamp>,
    command: Option<String>,
    limit: usize,
}

impl<'a, S: ProjectionStore> ScheduledCommands<'a, S> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>) -> Self {
        Self { engine, due_before: None, command: None, limit: PAGE }
    }

    /// Only those that are due before this time. Those that have failed are left out.
    pub fn due_before(self, time: Timestamp) -> Self {
        Self { due_before: Some(time), ..self }
    }

    /// Only those of a type.
    pub fn of<C: super::ScheduledCommand>(self) -> Self {
        Self { command: Some(C::NAME.to_owned()), ..self }
    }

    /// Sets the maximum number of each type, by default 1,000.
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    async fn read(self) -> Result<Vec<ScheduledEntry>, StoreError> {
        let mut entries = Vec::new();
        for generation in scheduled(&*self.engine.store).await? {
            let Some(command) = generation.name.strip_prefix(&consumer_of("")) else { continue };
            if self.command.as_ref().is_some_and(|only| only != command) {
                continue;
            }
            let due_by = self.due_before.map(|time| time.saturating_sub(std::time::Duration::from_micros(1)));
            let query = TimerQuery { due_by, ..TimerQuery::first(self.limit) };
            let timers = self.engine.store.timers(generation.id, &query).await?;
            entries.extend(timers.into_iter().map(|timer| entry(command, timer)));
        }
        entries.sort_by(|one, other| (one.due_at, &one.id).cmp(&(other.due_at, &other.id)));
        Ok(entries)
    }
}

/// The generations of scheduled commands, those that this program does not register among them.
async fn scheduled<S: ProjectionStore>(store: &S) -> Result<Vec<Generation>, StoreError> {
    let mut generations = store.generations().await?;
    generations.retain(|it| it.kind == ProjectionKind::Scheduled && it.state == GenerationState::Live);
    Ok(generations)
}

fn entry(command: &str, timer: Timer) -> ScheduledEntry {
    let id = ScheduledId { command: command.to_owned(), key: timer.key };
    match serde_json::from_str::<Stored>(&timer.data) {
        Ok(stored) => ScheduledEntry {
            id,
            due_at: stored.was_due.unwrap_or(timer.due_at),
            failed: stored.failed,
            version: stored.version,
            payload: stored.payload.get().to_owned(),
        },
        Err(_) => ScheduledEntry { id, due_at: timer.due_at, failed: None, version: 0, payload: timer.data },
    }
}

/// Moves a scheduled command; `None` cancels it. Returns whether there was one.
pub(crate) async fn change<S: ProjectionStore>(
    engine: &ProjectionEngine<S>,
    id: &ScheduledId,
    due_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let name = consumer_of(&id.command);
    let generation = scheduled(&*engine.store).await?.into_iter().find(|it| it.name == name);
    let Some(generation) = generation else { return Ok(false) };
    let partition = partition_of(&id.key, u32::try_from(generation.checkpoints.len()).unwrap_or(u32::MAX));
    let change = |change: TimerChange| async move {
        engine.store.change_timer(generation.id, partition, &change).await
    };
    let Some(due_at) = due_at else {
        let timer = TimerId { key: id.key.clone(), name: TIMER.to_owned() };
        return change(TimerChange::Cancel(timer)).await;
    };
    loop {
        let query = TimerQuery { key: Some(id.key.clone()), ..TimerQuery::first(1) };
        let timers = engine.store.timers(generation.id, &query).await?;
        let Some(timer) = timers.into_iter().next() else { return Ok(false) };
        let mut moved = Timer { due_at, ..timer.clone() };
        if let Ok(mut stored) = serde_json::from_str::<Stored>(&timer.data) {
            (stored.failed, stored.was_due) = (None, None);
            moved.data = stored.json();
        }
        // Unless it was fired, or moved by somebody else, meanwhile.
        if change(TimerChange::Replace { timer, by: moved }).await? {
            engine.clock.changed();
            return Ok(true);
        }
    }
}

impl<'a, S: ProjectionStore> IntoFuture for ScheduledCommands<'a, S> {
    type Output = Result<Vec<ScheduledEntry>, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}

impl<S> std::fmt::Debug for ScheduledCommands<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScheduledCommands").field("due_before", &self.due_before).finish_non_exhaustive()
    }
}
