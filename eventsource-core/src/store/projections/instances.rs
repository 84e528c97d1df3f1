//! The instances of a process.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::UnknownName;
use crate::Timestamp;

/// An instance of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub key: String,
    /// The partition of its key.
    pub partition: u32,
    /// Its state.
    pub state: InstanceState,
    /// When its first step was committed, on the store's clock.
    pub started_at: Timestamp,
    /// When its last step was committed, or its state was last changed.
    pub changed_at: Timestamp,
    /// How many events and timers were ignored, because it had ended or had not been started.
    pub ignored: u64,
    /// Why it was suspended or aborted.
    pub reason: Option<String>,
}

impl Instance {
    /// The cursor after this instance.
    #[must_use]
    pub fn cursor(&self) -> InstanceCursor {
        InstanceCursor { started_at: self.started_at, key: self.key.clone() }
    }
}

/// The state of a process instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// It reacts to its events and timers.
    Running,
    /// It has reached its end: further events and timers are ignored.
    Completed,
    /// An operator has suspended it: its events are parked, and its timers wait.
    Suspended,
    /// An operator has ended it: further events and timers are ignored.
    Aborted,
}

impl InstanceState {
    /// Its name, as stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Suspended => "suspended",
            Self::Aborted => "aborted",
        }
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for InstanceState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let mut all = [Self::Running, Self::Completed, Self::Suspended, Self::Aborted].into_iter();
        all.find(|it| it.as_str() == name)
            .ok_or_else(|| UnknownName::new("state of a process instance", name))
    }
}

/// What a step of a process changes in the record of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceChange {
    /// Its id.
    pub key: String,
    /// Whether it has reached its end. A completed instance that makes another step without this runs again.
    pub completed: bool,
    /// How many further events and timers were ignored. If there was nothing else, the state stays as it is.
    pub ignored: u64,
    /// Whether the step did anything besides ignoring.
    pub stepped: bool,
}

/// What an operator asks of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceRequest {
    /// A running instance is suspended.
    Suspend {
        /// Why.
        reason: String,
    },
    /// A suspended instance runs again.
    Resume,
    /// A running or suspended instance ends, and its timers are removed.
    Abort {
        /// Why.
        reason: String,
    },
}

/// Where a page of instances ended: the next one begins after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceCursor {
    /// When the last instance of the page was started.
    pub started_at: Timestamp,
    /// Its id.
    pub key: String,
}

/// A page of instances, the oldest first: ordered by start and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceQuery {
    /// The one with this id; `None` for all.
    pub key: Option<String>,
    /// Those in one of these states; empty for all.
    pub states: Vec<InstanceState>,
    /// The page begins after this cursor; `None` for the first page.
    pub after: Option<InstanceCursor>,
    /// The maximum number of instances.
    pub limit: usize,
}

impl InstanceQuery {
    /// The first instances of all.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { key: None, states: Vec::new(), after: None, limit }
    }
}
