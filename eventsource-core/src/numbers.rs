//! The numbers of an event: its version in a stream, its position in the log, its id.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The number of an event in its stream: 1 for the first, without gaps. 0 is the empty stream.
///
/// ```
/// use eventsource::Version;
/// assert_eq!(Version::EMPTY.next(), Version::new(1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

/// The place of an event in the log of all streams: rising, with gaps. 0 is before the first event.
///
/// ```
/// use eventsource::Position;
/// assert!(Position::START < Position::new(1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

/// The id of an event: unique, and a UUID of version 7 unless the event was imported. A repeated append is recognised
/// by its event ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl Version {
    /// The version of a stream without events.
    pub const EMPTY: Self = Self(0);
    /// Higher than every version that a stream can have.
    pub const MAX: Self = Self(u64::MAX);

    /// The version with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number: 1 for the first event of a stream.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version of the event that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The version after this many more events.
    #[must_use]
    pub const fn plus(self, events: u64) -> Self {
        Self(self.0.saturating_add(events))
    }
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
    /// Higher than every position that an event can have.
    pub const MAX: Self = Self(u64::MAX);

    /// The position with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number that the store keeps.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl EventId {
    /// A new id, from the clock and random bits.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two defaults of a value should be equal")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as a plain UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EventId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
