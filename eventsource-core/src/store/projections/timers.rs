//! Timers of a consumer: when a process or a scheduled command is to go on by itself.

use crate::{Position, Timestamp};

/// A timer. There is at most one of a name under a key: setting it again moves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The partition key that it belongs to: the id of a process instance, or the key of a scheduled command.
    pub key: String,
    /// Its name.
    pub name: String,
    /// When it is due, on the store's clock.
    pub due_at: Timestamp,
    /// What its consumer keeps with it, as JSON.
    pub data: String,
}

/// The key and the name of a timer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

impl Timer {
    /// Its key and its name.
    #[must_use]
    pub fn id(&self) -> TimerId {
        TimerId { key: self.key.clone(), name: self.name.clone() }
    }

    /// The cursor after this timer.
    #[must_use]
    pub fn cursor(&self) -> TimerCursor {
        TimerCursor { due_at: self.due_at, key: self.key.clone(), name: self.name.clone() }
    }
}

/// A change of a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// Sets it; one with the same key and name is replaced.
    Set(Timer),
    /// Removes it, if it exists.
    Cancel(TimerId),
    /// Removes all timers of a key.
    CancelAll {
        /// The key.
        key: String,
    },
    /// Removes it, if it still is as it is here.
    Fire(Timer),
    /// Replaces it by another one of the same key and name, if it still is as it is here.
    Replace {
        /// As it is.
        timer: Timer,
        /// What it becomes.
        by: Timer,
    },
}

/// Where a page of timers ended: the next one begins after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerCursor {
    /// The due time of the last timer of the page.
    pub due_at: Timestamp,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// A page of timers, ordered by due time, key and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerQuery {
    /// Those of one partition; `None` for all.
    pub partition: Option<u32>,
    /// Those of one key; `None` for all.
    pub key: Option<String>,
    /// Those that are due at this time or earlier; `None` for all.
    pub due_by: Option<Timestamp>,
    /// The page begins after this cursor; `None` for the first page.
    pub after: Option<TimerCursor>,
    /// The maximum number of timers.
    pub limit: usize,
}

impl TimerQuery {
    /// The first timers of all.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { partition: None, key: None, due_by: None, after: None, limit }
    }
}

/// The time of the store, and the end of the log at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time, on the store's clock.
    pub time: Timestamp,
    /// No event that was recorded before this time has a position above this one, or will have. Appends that are under
    /// way may have positions at or below it, see [`settled`](super::ProjectionStore::settled).
    pub end: Position,
}
