//! Appends, their conditions, and their receipts.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde_json::value::RawValue;

use super::Request;
use crate::{
    EncodeError, Event, EventId, Metadata, Position, StreamId, Version, json, shown::are_values_shown,
};

/// One atomic append: to one stream, or to several of which all are written or none.
#[derive(Debug, Clone)]
pub struct Append {
    /// The streams, each at most once.
    pub streams: Vec<StreamAppend>,
    /// Makes the append happen once per stream, however often it is repeated.
    pub idempotency_key: Option<String>,
    /// What the key is used for. Kept with the key, and without effect if there is none.
    pub request: Option<Request>,
}

/// The append to one stream.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamId,
    /// The version it must have.
    pub expected: ExpectedVersion,
    /// The events, in order. The version is checked even if there are none.
    pub events: Vec<NewEvent>,
}

/// An event that is not stored yet. Its `Debug` shows the length of the payload, because errors contain appends;
/// [`show_values_in_errors`](crate::show_values_in_errors) lets it show the payload.
#[derive(Clone)]
pub struct NewEvent {
    /// Its id. A repeated append is recognised by it.
    pub id: EventId,
    /// The persisted type name.
    pub event_type: Cow<'static, str>,
    /// The version of the payload, from 1.
    pub schema_version: u32,
    /// The payload, kept byte for byte.
    pub payload: Box<RawValue>,
    /// Correlation, causation, the trace and free entries.
    pub metadata: Metadata,
}

/// The condition under which an append may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// The stream may have any version.
    Any,
    /// The stream has no events; the same as `Exact(Version::EMPTY)`.
    NoStream,
    /// The stream has at least one event.
    StreamExists,
    /// The stream's last event has this version.
    Exact(Version),
}

/// The result of an append in one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The stream.
    pub stream: StreamId,
    /// The version of the last event the append wrote; the stream's version if it wrote none.
    pub version: Version,
    /// The position of that event; [`Position::START`] for a stream without events.
    pub position: Position,
    /// Whether the events were stored by an earlier call with the same idempotency key or the same event ids. This call
    /// has stored nothing, and the other fields are those of the earlier call.
    pub repeated: bool,
    /// What the idempotency key was used for the first time, if the append had a key and a request.
    pub request: Option<Request>,
}

/// An append that every store refuses. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAppend {
    /// No stream was named.
    #[error("the append names no stream")]
    NoStreams,
    /// Two parts of one append go to the same stream.
    #[error("the append names {stream} twice; put its events into one part")]
    RepeatedStream {
        /// The stream.
        stream: StreamId,
    },
    /// Two events of the append have the same id.
    #[error("the append has two events with the id {id}")]
    RepeatedEventId {
        /// The id.
        id: EventId,
    },
    /// The event id belongs to an event that another append stored.
    #[error("the event id {id} for {stream} was used by another append; give each event an id of its own")]
    UsedEventId {
        /// The stream that was appended to.
        stream: StreamId,
        /// The id.
        id: EventId,
    },
    /// The idempotency key was used by an append to other streams.
    #[error("the idempotency key {key:?} was used on {stream}, but not on every stream of this append")]
    UsedKey {
        /// A stream the key was used on.
        stream: StreamId,
        /// The key.
        key: String,
    },
    /// A text of the append cannot be stored.
    #[error("{what} for {stream} {fault}")]
    Text {
        /// The stream that was appended to.
        stream: StreamId,
        /// Which text.
        what: &'static str,
        /// What is wrong with it.
        fault: String,
    },
}

impl Append {
    /// The longest idempotency key, in bytes.
    pub const MAX_KEY_BYTES: usize = 256;
    /// The longest type name of an event, in bytes.
    pub const MAX_TYPE_BYTES: usize = 256;
    /// The largest payload of one event, and the largest metadata, in bytes of JSON.
    pub const MAX_JSON_BYTES: usize = 64 << 20;
    /// How many arrays and objects may be nested in each other in a payload: as many as `serde_json` reads, so that
    /// every stored payload can be read.
    pub const MAX_JSON_DEPTH: usize = json::MAX_DEPTH;

    /// An append to one stream.
    #[must_use]
    pub fn to(stream: StreamId, expected: ExpectedVersion, events: Vec<NewEvent>) -> Self {
        Self {
            streams: vec![StreamAppend { stream, expected, events }],
            idempotency_key: None,
            request: None,
        }
    }

    /// Sets the idempotency key.
    #[must_use]
    pub fn with_idempotency_key(self, key: impl Into<String>) -> Self {
        Self { idempotency_key: Some(key.into()), ..self }
    }

    /// Sets what the idempotency key is used for.
    #[must_use]
    pub fn with_request(self, request: Request) -> Self {
        Self { request: Some(request), ..self }
    }

    /// Checks what every store checks: no repeated stream, no repeated event id, and only texts that can be stored.
    ///
    /// # Errors
    ///
    /// The first error found.
    pub fn validate(&self) -> Result<(), InvalidAppend> {
        let first = self.streams.first().ok_or(InvalidAppend::NoStreams)?;
        if let Some(key) = &self.idempotency_key {
            check(&first.stream, "the idempotency key", key, Self::MAX_KEY_BYTES)?;
        }
        if let Some(request) = &self.request {
            check(&first.stream, "the name of the command", &request.command, Request::MAX_COMMAND_BYTES)?;
        }
        let mut streams = HashSet::new();
        let mut ids = HashSet::new();
        for StreamAppend { stream, events, .. } in &self.streams {
            if !streams.insert(stream) {
                return Err(InvalidAppend::RepeatedStream { stream: stream.clone() });
            }
            for event in events {
                if !ids.insert(event.id) {
                    return Err(InvalidAppend::RepeatedEventId { id: event.id });
                }
                event.validate(stream)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, event_type, schema_version, payload, metadata } = self;
        let payload = match are_values_shown() {
            true => format!("{payload}"),
            false => format!("{} bytes", payload.get().len()),
        };
        f.debug_struct("NewEvent")
            .field("id", id)
            .field("event_type", event_type)
            .field("schema_version", schema_version)
            .field("payload", &format_args!("{payload}"))
            .field("metadata", metadata)
            .finish()
    }
}

impl NewEvent {
    /// Encodes an event, with a new id, in the version that this program [writes](crate::EventType::writes).
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON in that version.
    pub fn encode<E: Event>(event: &E, metadata: Metadata) -> Result<Self, EncodeError> {
        let event_type = event.event_type();
        Ok(Self {
            id: EventId::new(),
            event_type: Cow::Borrowed(event_type.name),
            schema_version: event_type.writes,
            payload: event.encode()?,
            metadata,
        })
    }

    pub(super) fn validate(&self, stream: &StreamId) -> Result<(), InvalidAppend> {
        let text = |what, fault: String| Err(InvalidAppend::Text { stream: stream.clone(), what, fault });
        check(stream, "the event type", &self.event_type, Append::MAX_TYPE_BYTES)?;
        if self.schema_version == 0 || i32::try_from(self.schema_version).is_err() {
            return text(
                "the schema version",
                format!("is {}, not between 1 and {}", self.schema_version, i32::MAX),
            );
        }
        if self.payload.get().len() > Append::MAX_JSON_BYTES {
            return text("the payload", too_long(self.payload.get().len(), Append::MAX_JSON_BYTES));
        }
        if json::is_too_deep(self.payload.get()) {
            let fault = format!("is nested deeper than {} levels", Append::MAX_JSON_DEPTH);
            return text("the payload", fault);
        }
        let entries = &self.metadata.entries;
        if entries.contains_key(Metadata::TRACEPARENT) {
            return text(
                "the metadata",
                "contains an entry `traceparent`; set the field of that name instead".to_owned(),
            );
        }
        let size: usize = entries.iter().map(|(key, value)| key.len() + value.len()).sum();
        if size > Append::MAX_JSON_BYTES {
            return text("the metadata", too_long(size, Append::MAX_JSON_BYTES));
        }
        Ok(())
    }
}

impl ExpectedVersion {
    /// Whether a stream at this version meets the condition.
    #[must_use]
    pub fn allows(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == Version::EMPTY,
            Self::StreamExists => actual != Version::EMPTY,
            Self::Exact(version) => actual == version,
        }
    }

    /// The version, if it is one exact version.
    pub(super) fn exact(self) -> Option<Version> {
        match self {
            Self::Exact(version) => Some(version),
            Self::NoStream => Some(Version::EMPTY),
            Self::Any | Self::StreamExists => None,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("an existing stream"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}

fn check(stream: &StreamId, what: &'static str, text: &str, max: usize) -> Result<(), InvalidAppend> {
    let fault = if text.is_empty() {
        "is empty".to_owned()
    } else if text.len() > max {
        too_long(text.len(), max)
    } else if text.contains('\0') {
        "holds a NUL character, which no store can keep".to_owned()
    } else {
        return Ok(());
    };
    Err(InvalidAppend::Text { stream: stream.clone(), what, fault })
}

fn too_long(len: usize, max: usize) -> String {
    format!("has {len} bytes, {max} are allowed")
}
