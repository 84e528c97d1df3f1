//! Events that are parked because one of their key failed.

use super::UnknownName;
use crate::{EventId, Position, StreamId, Timestamp, Version};

/// An event that is parked, with all later ones of its key behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The key, as the projection partitions by: events of one key stay in order.
    pub key: String,
    /// The event's position in the log, where it still is.
    pub position: Position,
    /// Its stream.
    pub stream: StreamId,
    /// Its number in the stream.
    pub version: Version,
    /// Its id.
    pub id: EventId,
    /// Its persisted type name.
    pub event_type: String,
    /// What it failed with; `None` if it only stands behind one that failed.
    pub error: Option<String>,
    /// How often it was tried.
    pub attempts: usize,
    /// When it was parked, on the store's clock; ignored when it is parked.
    pub parked_at: Timestamp,
    /// What was asked for, until the worker has looked at it.
    pub request: Option<ParkedRequest>,
    /// Why it was discarded; it is then only on record.
    pub discarded: Option<String>,
}

/// What shall become of a parked key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedRequest {
    /// Its events are applied in order, up to the first that fails.
    Retry,
    /// Its first event is discarded for this reason, and the others are applied in order.
    Discard {
        /// Why; kept on record.
        reason: String,
    },
}

impl ParkedRequest {
    /// Its name and the reason, as stores keep them.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Retry => ("retry", None),
            Self::Discard { reason } => ("discard", Some(reason)),
        }
    }

    /// The request that a store has kept like this.
    ///
    /// # Errors
    ///
    /// If no request is called so.
    pub fn from_parts(name: &str, reason: Option<String>) -> Result<Self, UnknownName> {
        match name {
            "retry" => Ok(Self::Retry),
            "discard" => Ok(Self::Discard { reason: reason.unwrap_or_default() }),
            name => Err(UnknownName::new("request about parked events", name)),
        }
    }
}

/// The outcome of retrying or discarding a parked event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedOutcome {
    /// It was applied.
    Applied,
    /// It is discarded, for this reason.
    Discarded {
        /// Why.
        reason: String,
    },
    /// It failed again with this.
    Failed {
        /// What it failed with.
        error: String,
    },
}
