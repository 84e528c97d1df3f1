//! Generations of a projection, and how far each of their partitions is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{UnknownName, WorkerId};
use crate::{Position, Timestamp};

/// The number of a generation, unique in a store; a later one has a higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// What a program says about one of its projections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its version, from 1; a higher one is built beside the live one.
    pub version: u32,
    /// How many partitions a new generation gets, from 1.
    pub partitions: u32,
    /// What kind it is.
    pub kind: ProjectionKind,
    /// Where its first generation starts.
    pub start: StartAt,
}

/// How a projection is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionKind {
    /// It follows the log.
    Following,
    /// It commits with the events, once it has caught up with them.
    Inline,
    /// It reaches outside the store, and is never rebuilt.
    Handler,
}

impl ProjectionKind {
    /// Its name, as stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Inline => "inline",
            Self::Handler => "handler",
        }
    }
}

impl FromStr for ProjectionKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let mut all = [Self::Following, Self::Inline, Self::Handler].into_iter();
        all.find(|kind| kind.as_str() == name).ok_or_else(|| UnknownName::new("kind of a projection", name))
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
    /// The read model is to be rebuilt.
    Rebuild {
        /// Whether it is swapped by itself once it has caught up.
        swap_when_ready: bool,
        /// Whether the former live one is kept.
        keep_old: bool,
    },
}

/// One making of a read model.
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
    /// Whether it is the one that is read.
    pub state: GenerationState,
    /// Whether it commits with the events just now.
    pub inline: bool,
    /// Whether, while building, it takes the live one's place by itself once it has caught up.
    pub swap_when_ready: bool,
    /// Whether the former live one is kept then.
    pub keep_old: bool,
    /// When it was made, on the store's clock.
    pub created_at: Timestamp,
    /// Its partitions, by number from 0.
    pub checkpoints: Vec<Checkpoint>,
}

impl Generation {
    /// The position up to which all partitions have applied everything.
    #[must_use]
    pub fn position(&self) -> Position {
        self.checkpoints.iter().map(|checkpoint| checkpoint.position).min().unwrap_or(Position::START)
    }
}

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// It is being made beside the live one.
    Building,
    /// It is the one that is read.
    Live,
    /// It was live, and is kept for a way back.
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

/// How far one partition of a generation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Everything up to here is applied.
    pub position: Position,
    /// How often it was claimed.
    pub epoch: u64,
    /// Who holds it, whether or not that worker still lives.
    pub owner: Option<WorkerId>,
    /// What that worker calls itself, as long as it is remembered.
    pub owner_application: Option<String>,
    /// Whether that worker lives.
    pub owner_lives: bool,
    /// How many events it applied.
    pub events: u64,
    /// How many events are parked.
    pub parked: u64,
    /// Whether a worker is asked to look at parked events.
    pub parked_requests: u64,
    /// The last error, until something was applied again.
    pub last_error: Option<String>,
    /// Why it stopped.
    pub stopped: Option<Stopped>,
    /// When it last moved, on the store's clock.
    pub updated_at: Timestamp,
}

/// That a partition stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Why.
    pub reason: StopReason,
    /// When, on the store's clock.
    pub at: Timestamp,
}

/// Why a partition stopped: it does not go on until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// The projection failed on an event, each time it was tried.
    #[error("it failed on {event} in each of {attempts} attempts: {error}; fix it and call `resume`")]
    Failed {
        /// The event.
        event: String,
        /// Its position.
        position: Position,
        /// How often it was tried.
        attempts: usize,
        /// What the projection said.
        error: String,
    },
    /// The code of the projection panicked on an event, each time it was tried.
    #[error("it panicked on {event} in each of {attempts} attempts: {message}; fix it and call `resume`")]
    Panicked {
        /// The event.
        event: String,
        /// Its position.
        position: Position,
        /// How often it was tried.
        attempts: usize,
        /// What the panic said.
        message: String,
    },
    /// An event cannot be decoded by this program.
    #[error("it cannot read an event: {error}; deploy a program that can, and call `resume`")]
    Undecodable {
        /// Its position.
        position: Position,
        /// The error, which names the event.
        error: String,
    },
}

/// The outcome of beginning a swap of a building generation with the live one.
#[derive(Debug)]
#[non_exhaustive]
pub enum SwapAttempt<T> {
    /// Neither moves until this transaction ends.
    Ready(T),
    /// It is not as far as the live one yet.
    Behind,
    /// Another transaction holds one of the two; try again.
    Busy,
    /// It is not building any more.
    Gone,
}

/// How the tables of two generations differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How far the live one was.
    pub live: Position,
    /// How far the building one was.
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
    /// How many rows the live one has.
    pub live_rows: u64,
    /// How many rows the building one has.
    pub building_rows: u64,
    /// How many keys have another row, or one on one side only.
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
    fn names_are_read_as_they_are_written() {
        for kind in [ProjectionKind::Following, ProjectionKind::Inline, ProjectionKind::Handler] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        }
        for state in [GenerationState::Building, GenerationState::Live, GenerationState::Retired] {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).expect("JSON"), state.as_str());
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_says_it() {
        let error = "paused".parse::<GenerationState>().expect_err("no state");
        assert_eq!(
            error.to_string(),
            "\"paused\" is no state of a generation that this version knows; a later one has written it"
        );
        "hybrid".parse::<ProjectionKind>().expect_err("no kind");
    }
}
