//! The status of the projections of a store.

use std::{fmt, time::Duration};

use eventsource_core::engine::seconds;
use serde::Serialize;

use super::{consumer::consumer_of, engine::ProjectionEngine};
use crate::{
    Position, Timestamp,
    store::{
        Escaped, Generation, GenerationId, GenerationState, HorizonHolder, LogFilter, Misfit, ProjectionKind,
        ProjectionStore, StopReason, StoreError,
    },
};

/// The lag time up to which a projection counts as live: its current batch.
const LIVE: Duration = Duration::from_secs(1);

/// The status of all projections and event handlers in a store.
///
/// Its text has a line for the horizon, each transaction that holds it back, and each generation. As JSON, durations are
/// seconds, and the state of a projection has a `kind` and, where there is one, a `detail`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The horizon: the position up to which the log is final.
    pub horizon: Position,
    /// The transactions that hold the horizon back, the oldest first. A transaction that ends soon is harmless.
    pub held_back_by: Vec<HorizonHolder>,
    /// Every generation of every projection, by name and age.
    pub projections: Vec<ProjectionStatus>,
}

/// The status of one generation of a projection or event handler.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProjectionStatus {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Its kind.
    pub kind: ProjectionKind,
    /// The generation.
    pub generation: GenerationId,
    /// The state of the generation: building, live or retired.
    pub role: GenerationState,
    /// The activity of the generation.
    pub state: ProjectionState,
    /// The position up to which the log is applied.
    pub position: Position,
    /// How many positions of the log it is behind; at least the number of events.
    pub lag: u64,
    /// The age of the first event that is not applied yet.
    #[serde(rename = "lag_seconds", serialize_with = "seconds")]
    pub lag_time: Duration,
    /// How many events it has applied.
    pub events: u64,
    /// How many events per second this process applies at the moment.
    pub rate: f64,
    /// How many events are parked.
    pub parked: u64,
    /// The last error, if no event was applied since.
    pub last_error: Option<String>,
    /// The owners of its partitions, one entry per partition that is held.
    pub owners: Vec<Owner>,
    /// How many partitions it has.
    pub partitions: usize,
}

/// The worker that holds a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Owner {
    /// The partition.
    pub partition: u32,
    /// The name of the process, see [`WorkerOptions::application`](field@super::WorkerOptions::application); if
    /// the store no longer has the name, the id of the worker.
    pub application: String,
    /// Whether its heartbeat is recent enough.
    pub lives: bool,
}

/// The activity of a generation of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProjectionState {
    /// It is more than a second behind the end of the log.
    CatchingUp,
    /// It applies events as they are appended.
    Live,
    /// It is inline.
    Inline,
    /// It is being built next to the live one.
    Rebuilding,
    /// It has caught up with the live one, and the store refuses the swap for this reason. The swap is tried again
    /// after the length of a lease.
    SwapBlocked(String),
    /// It was live, and is kept for a restore.
    Retired,
    /// At least one of its partitions has no running worker.
    Waiting,
    /// It has no running worker, and this program cannot process it: it needs a program that reads these event types.
    NeedsTypes(Vec<String>),
    /// It has no running worker, and this program reads these event types, which it was not read with yet: starting the
    /// program lets it be read with them, unless it has skipped such events.
    NeedsStart(Vec<String>),
    /// It stopped.
    Stopped(StopReason),
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    pub(crate) async fn status(&self) -> Result<Status, StoreError> {
        let generations = self.store.generations().await?;
        let nearest = generations.iter().map(|it| self.position_of(it)).max().unwrap_or_default();
        let horizon = self.horizon_from(nearest.max(self.progress.horizon())).await?;
        let mut projections = Vec::with_capacity(generations.len());
        for generation in &generations {
            let live = |it: &&Generation| it.name == generation.name && it.state == GenerationState::Live;
            let live = generations.iter().find(live);
            projections.push(self.status_of(generation, live, horizon).await?);
        }
        Ok(Status { horizon, held_back_by: self.store.horizon_holders().await?, projections })
    }

    /// Reads the horizon, which is at or above `known`.
    pub(crate) async fn horizon_from(&self, known: Position) -> Result<Position, StoreError> {
        Ok(self.store.read_log(known, &LogFilter::none(), 1).await?.horizon)
    }

    async fn status_of(
        &self,
        generation: &Generation,
        live: Option<&Generation>,
        horizon: Position,
    ) -> Result<ProjectionStatus, StoreError> {
        let position = if generation.inline { horizon } else { self.position_of(generation) };
        let lag_time = self.lag_time(generation, position, horizon).await?;
        let checkpoints = &generation.checkpoints;
        let paces = (0..).zip(checkpoints).filter_map(|(partition, checkpoint)| {
            self.progress.pace(generation.id, partition).filter(|pace| pace.epoch == checkpoint.epoch)
        });
        let owners = (0..).zip(checkpoints).filter_map(|(partition, checkpoint)| {
            let application = checkpoint.owner_application.clone();
            let application = application.unwrap_or(checkpoint.owner?.to_string());
            Some(Owner { partition, application, lives: checkpoint.owner_lives })
        });
        let stopped = checkpoints.iter().find_map(|it| it.stopped.as_ref());
        let state = match (stopped, generation.state) {
            (Some(stopped), _) => ProjectionState::Stopped(stopped.reason.clone()),
            (None, GenerationState::Retired) => ProjectionState::Retired,
            (None, GenerationState::Building) => match swap_error(generation, live) {
                Some(error) => ProjectionState::SwapBlocked(error),
                None => ProjectionState::Rebuilding,
            },
            (None, GenerationState::Live) if generation.inline => ProjectionState::Inline,
            (None, GenerationState::Live) if !checkpoints.iter().all(|it| it.owner_lives) => {
                self.waiting(generation)
            }
            (None, GenerationState::Live) if lag_time <= LIVE => ProjectionState::Live,
            (None, GenerationState::Live) => ProjectionState::CatchingUp,
        };
        Ok(ProjectionStatus {
            name: generation.name.clone(),
            version: generation.version,
            kind: generation.kind,
            generation: generation.id,
            role: generation.state,
            state,
            position,
            lag: horizon.get().saturating_sub(position.get()),
            lag_time,
            events: checkpoints.iter().map(|it| it.events).sum(),
            rate: paces.map(|pace| pace.rate).sum(),
            parked: checkpoints.iter().map(|it| it.parked).sum(),
            last_error: checkpoints.iter().find_map(|it| it.last_error.clone()),
            owners: owners.collect(),
            partitions: checkpoints.len(),
        })
    }

    fn waiting(&self, generation: &Generation) -> ProjectionState {
        let consumer = consumer_of(&self.consumers, generation);
        match consumer.and_then(|it| generation.event_types.misfit(&it.definition().event_types)) {
            None => ProjectionState::Waiting,
            Some(Misfit::Unread(types)) => ProjectionState::NeedsTypes(types),
            Some(Misfit::MayHaveSkipped(types)) => ProjectionState::NeedsStart(types),
        }
    }

    /// The age of the first event that is not applied yet.
    async fn lag_time(
        &self,
        generation: &Generation,
        position: Position,
        horizon: Position,
    ) -> Result<Duration, StoreError> {
        if position >= horizon {
            return Ok(Duration::ZERO);
        }
        let consumer = consumer_of(&self.consumers, generation);
        let all = LogFilter::all();
        let filter = consumer.map_or(&all, |consumer| consumer.filter());
        let page = self.store.read_log(position, filter, 1).await?;
        let Some(first) = page.events.first() else { return Ok(Duration::ZERO) };
        let age =
            Timestamp::now().as_microsecond().saturating_sub(first.context.recorded_at.as_microsecond());
        Ok(Duration::from_micros(u64::try_from(age).unwrap_or(0)))
    }
}

/// The error of the last attempt to swap a generation that is at the position of the live one. The coordinator notes it
/// in the first partition, and an event that is applied clears it until the next attempt.
fn swap_error(building: &Generation, live: Option<&Generation>) -> Option<String> {
    let is_ready =
        building.swap_when_ready && live.is_some_and(|live| building.position() >= live.position());
    building.checkpoints.first().filter(|_| is_ready)?.last_error.clone()
}

impl Status {
    /// The live generation of a projection.
    #[must_use]
    pub fn live(&self, name: &str) -> Option<&ProjectionStatus> {
        self.projections.iter().find(|it| it.name == name && it.role == GenerationState::Live)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "horizon {}", self.horizon)?;
        for holder in &self.held_back_by {
            write!(f, "\nheld back by {holder}")?;
        }
        self.projections.iter().try_for_each(|projection| write!(f, "\n{projection}"))
    }
}

impl fmt::Display for ProjectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, generation, state, position, lag, events, parked, .. } = self;
        let name = Escaped(name);
        write!(f, "{name} version {version} (generation {generation}): {state}; at position {position}, ")?;
        write!(f, "{lag} behind ({:.1} s); {events} events applied", self.lag_time.as_secs_f64())?;
        if *parked > 0 {
            write!(f, ", {parked} parked")?;
        }
        match &self.last_error {
            Some(error) => write!(f, "; last error: {}", Escaped(error)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, application, lives } = self;
        write!(f, "partition {partition}: {}{}", Escaped(application), if *lives { "" } else { " (dead)" })
    }
}

impl fmt::Display for ProjectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CatchingUp => f.write_str("catching up"),
            Self::Live => f.write_str("live"),
            Self::Inline => f.write_str("inline"),
            Self::Rebuilding => f.write_str("rebuilding"),
            Self::SwapBlocked(error) => write!(f, "swap blocked: {}", Escaped(error)),
            Self::Retired => f.write_str("retired"),
            Self::Waiting => f.write_str("waiting for a worker"),
            Self::NeedsTypes(types) => {
                write!(
                    f,
                    "waiting for a worker that reads `{}`, which this program does not",
                    Escaped(types.join("`, `"))
                )
            }
            Self::NeedsStart(types) => write!(
                f,
                "waiting for a worker; start this program, which reads `{}` too",
                Escaped(types.join("`, `"))
            ),
            Self::Stopped(reason) => write!(f, "stopped: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests;
