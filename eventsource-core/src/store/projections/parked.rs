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
    /// The pending request for its key, as far as it is about this event, until the worker has processed it: a request
    /// to discard is about one event, and the other events of the key are to be retried.
    pub request: Option<ParkedRequest>,
    /// Why it was discarded. It is then kept only as a record.
    pub discarded: Option<String>,
}

/// Where a page of parked events ended: the next one begins after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParkedCursor {
    /// The position of the last event of the page.
    pub position: Position,
    /// Its key.
    pub key: String,
}

impl ParkedEvent {
    /// The cursor after this event.
    #[must_use]
    pub fn cursor(&self) -> ParkedCursor {
        ParkedCursor { position: self.position, key: self.key.clone() }
    }
}

/// A page of parked events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedQuery {
    /// Which events.
    pub selection: ParkedSelection,
    /// The page begins after this cursor; `None` for the first page.
    pub after: Option<ParkedCursor>,
    /// The maximum number of events.
    pub limit: usize,
}

/// Which parked events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedSelection {
    /// All, including discarded ones.
    All,
    /// Those of one key, including discarded ones.
    Key(String),
    /// Those of one partition with a pending request.
    Requested {
        /// The partition.
        partition: u32,
    },
}

impl ParkedQuery {
    /// The first page of a selection.
    #[must_use]
    pub fn first(selection: ParkedSelection, limit: usize) -> Self {
        Self { selection, after: None, limit }
    }
}

/// What a worker has to do with a parked key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedRequest {
    /// Its events are applied in order, up to the first that fails.
    Retry,
    /// Its first event is discarded, and the others are applied in order.
    Discard {
        /// The position of the event; a key whose first parked event has another position is left as it is. `None` in
        /// a call: the event that is the first of its key when the request is stored.
        position: Option<Position>,
        /// Why; kept on record.
        reason: String,
    },
}

impl ParkedRequest {
    /// Its name, its position and its reason, as stores keep them.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Option<Position>, Option<&str>) {
        match self {
            Self::Retry => ("retry", None, None),
            Self::Discard { position, reason } => ("discard", *position, Some(reason)),
        }
    }

    /// The request about the event at this position with this name and reason, as a store keeps them.
    ///
    /// # Errors
    ///
    /// If there is no request of this name.
    pub fn from_parts(name: &str, position: Position, reason: Option<String>) -> Result<Self, UnknownName> {
        match name {
            "retry" => Ok(Self::Retry),
            "discard" => Ok(Self::Discard { position: Some(position), reason: reason.unwrap_or_default() }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_from_the_parts_that_a_store_keeps() {
        let position = Position::new(7);
        let discard = ParkedRequest::Discard { position: Some(position), reason: "obsolete".to_owned() };
        assert_eq!(ParkedRequest::Retry.parts(), ("retry", None, None));
        assert_eq!(discard.parts(), ("discard", Some(position), Some("obsolete")));
        for request in [ParkedRequest::Retry, discard] {
            let (name, _, reason) = request.parts();
            let read = ParkedRequest::from_parts(name, position, reason.map(str::to_owned));
            assert_eq!(read.expect("a known name"), request);
        }
        assert!(ParkedRequest::from_parts("x", position, None).is_err());
    }
}
