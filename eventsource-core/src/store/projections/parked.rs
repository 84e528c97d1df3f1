//! Events that are parked because an event of their key failed.

use super::UnknownName;
use crate::{EventId, Position, StreamId, Timestamp, Version};

/// A parked event. All later events of its key are parked behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The partition key of the projection: events with the same key stay in order.
    pub key: String,
    /// The event's position in the log, which still contains it.
    pub position: Position,
    /// Its stream.
    pub stream: StreamId,
    /// Its version in the stream.
    pub version: Version,
    /// Its id.
    pub id: EventId,
    /// Its persisted type name.
    pub event_type: String,
    /// Its error; `None` if it is only parked behind an event that failed.
    pub error: Option<String>,
    /// How often it was tried.
    pub attempts: usize,
    /// When it was parked, on the store's clock. Ignored in a call that parks it.
    pub parked_at: Timestamp,
    /// The pending request, until the worker has processed it.
    pub request: Option<ParkedRequest>,
    /// Why it was discarded. It is then kept only as a record.
    pub discarded: Option<String>,
}

/// What a worker has to do with a parked key.
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
    /// Its name and its reason, as stores keep them.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Retry => ("retry", None),
            Self::Discard { reason } => ("discard", Some(reason)),
        }
    }

    /// The request with this name and reason, as a store keeps them.
    ///
    /// # Errors
    ///
    /// If there is no request of this name.
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
    /// It failed again.
    Failed {
        /// The error.
        error: String,
    },
}
