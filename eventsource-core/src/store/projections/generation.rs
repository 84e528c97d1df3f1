//! Generations of a projection, and the checkpoints of their partitions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{EventTypes, StopReason, UnknownName, WorkerId};
use crate::{Position, Timestamp};

/// The number of a generation, unique in a store; a later one has a higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct GenerationId(u64);

impl GenerationId {
    /// The generation with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A projection as a program declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its version, from 1. A higher version is built while the live one stays in use.
    pub version: u32,
    /// How many partitions a new generation gets, from 1.
    pub partitions: u32,
    /// What kind it is.
    pub kind: ProjectionKind,
    /// Where its first generation starts.
    pub start: StartAt,
    /// The event types that the program reads.
    pub event_types: EventTypes,
}

impl Definition {
    /// Whether the program with this definition has the code for the generation.
    #[must_use]
    pub fn is_for(&self, generation: &Generation) -> bool {
        self.name == generation.name && self.version == generation.version
    }
}

/// How a projection is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionKind {
    /// It follows the log.
    Following,
    /// It is inline once it has caught up with the log.
    Inline,
    /// It has effects outside the store, and is never rebuilt.
    Handler,
    /// It reacts with commands, and is never rebuilt.
    Policy,
    /// It reacts with commands, by event-sourced instances and timers, and is never rebuilt.
    Process,
    /// It executes commands of one type when they are due.
    Scheduled,
}

impl ProjectionKind {
    /// Its name, as stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Inline => "inline",
            Self::Handler => "handler",
            Self::Policy => "policy",
            Self::Process => "process",
            Self::Scheduled => "scheduled",
        }
    }

    /// Whether it keeps rows, which can be made again from the log. What the others did is not repeated.
    #[must_use]
    pub const fn keeps_rows(self) -> bool {
        matches!(self, Self::Following | Self::Inline)
    }
}

impl FromStr for ProjectionKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all =
            [Self::Following, Self::Inline, Self::Handler, Self::Policy, Self::Process, Self::Scheduled];
        all.into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownName::new("kind of a projection", name))
    }
}

/// Where a consumer of the log starts when it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// With the first event of the log.
    Beginning,
    /// After the events that are in the log when it is registered.
    Now,
    /// After this position.
    After(Position),
}

/// Why a generation is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationRequest {
    /// A program starts.
    Start,
    /// The read model has to be rebuilt.
    Rebuild {
        /// Whether it is swapped automatically once it has caught up.
        swap_when_ready: bool,
        /// Whether the former live generation is kept.
        keep_old: bool,
    },
}

/// One build of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number.
    pub id: GenerationId,
    /// The projection's name.
    pub name: String,
    /// The projection's version.
    pub version: u32,
    /// How it is run.
    pub kind: ProjectionKind,
    /// Whether it is building, live or retired.
    pub state: GenerationState,
    /// Whether it is inline now.
    pub inline: bool,
    /// Whether a building generation is swapped automatically once it has caught up.
    pub swap_when_ready: bool,
    /// Whether the former live generation is then kept.
    pub keep_old: bool,
    /// When it was created, on the store's clock.
    pub created_at: Timestamp,
    /// The event types that it is read with: those of the program that created it, and of all that have widened it.
    pub event_types: EventTypes,
    /// Its partitions, by number from 0.
    pub checkpoints: Vec<Checkpoint>,
}

impl Generation {
    /// The position up to which all partitions have applied every event.
    #[must_use]
    pub fn position(&self) -> Position {
        self.checkpoints.iter().map(|checkpoint| checkpoint.position).min().unwrap_or(Position::START)
    }
}

/// The state of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// It is being built while the live one stays in use.
    Building,
    /// Queries read it.
    Live,
    /// It was live, and is kept so that the swap can be undone.
    Retired,
}

impl GenerationState {
    /// Its name, as stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for GenerationState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let mut all = [Self::Building, Self::Live, Self::Retired].into_iter();
        all.find(|state| state.as_str() == name)
            .ok_or_else(|| UnknownName::new("state of a generation", name))
    }
}

/// The checkpoint of one partition of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// All events up to here are applied.
    pub position: Position,
    /// How often it was claimed.
    pub epoch: u64,
    /// The worker that owns it, whether or not that worker is still alive.
    pub owner: Option<WorkerId>,
    /// The application name of that worker, while the store still has it.
    pub owner_application: Option<String>,
    /// Whether that worker is alive.
    pub owner_lives: bool,
    /// How many events have been applied.
    pub events: u64,
    /// How many events are parked.
    pub parked: u64,
    /// How many parked keys have a request to a worker.
    pub parked_requests: u64,
    /// The last error, until an event is applied again.
    pub last_error: Option<String>,
    /// Why it stopped.
    pub stopped: Option<Stopped>,
    /// When it last moved, on the store's clock.
    pub updated_at: Timestamp,
}

/// When and why a partition stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Why.
    pub reason: StopReason,
    /// When, on the store's clock.
    pub at: Timestamp,
}

/// The outcome of beginning a swap of a building generation with the live one.
#[derive(Debug)]
#[non_exhaustive]
pub enum SwapAttempt<T> {
    /// Neither generation advances until this transaction ends.
    Ready(T),
    /// It has not caught up with the live one yet.
    Behind,
    /// Another transaction holds one of the two; try again.
    Busy,
    /// It is no longer building.
    Gone,
}

impl<T> SwapAttempt<T> {
    /// The same with another transaction.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> SwapAttempt<U> {
        match self {
            Self::Ready(transaction) => SwapAttempt::Ready(with(transaction)),
            Self::Behind => SwapAttempt::Behind,
            Self::Busy => SwapAttempt::Busy,
            Self::Gone => SwapAttempt::Gone,
        }
    }
}

/// How the tables of two generations differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The position of the live generation.
    pub live: Position,
    /// The position of the building generation.
    pub building: Position,
    /// Table by table.
    pub tables: Vec<TableDifference>,
}

/// How one table differs. Where the columns of the two differ, rows are compared by key only; where their keys have
/// other columns, every row of both differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDifference {
    /// Its name.
    pub table: String,
    /// How many rows the live generation has.
    pub live_rows: u64,
    /// How many rows the building generation has.
    pub building_rows: u64,
    /// How many keys have different rows, or a row on one side only.
    pub differing: u64,
    /// Some of these keys as JSON, at most ten, in order.
    pub keys: Vec<String>,
}

impl Comparison {
    /// Whether all rows are equal.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.tables.iter().all(|table| table.differing == 0 && table.live_rows == table.building_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in [
            ProjectionKind::Following,
            ProjectionKind::Inline,
            ProjectionKind::Handler,
            ProjectionKind::Policy,
        ] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        }
        for state in [GenerationState::Building, GenerationState::Live, GenerationState::Retired] {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).expect("JSON"), state.as_str());
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_it() {
        let error = "paused".parse::<GenerationState>().expect_err("no state");
        assert_eq!(
            error.to_string(),
            "\"paused\" is not a state of a generation that this version knows; a later version has written it"
        );
        "hybrid".parse::<ProjectionKind>().expect_err("no kind");
    }
}
