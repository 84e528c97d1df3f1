//! What is imported: events of a history that was written elsewhere, as they stand there.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;
use uuid::Uuid;

use super::{BoxError, InvalidAppend, NewEvent, StoreError};
use crate::{
    EncodeError, Event, EventId, Metadata, Position, Recorded, RecordedEvent, StreamId, Timestamp, Version,
};

/// An event that was recorded elsewhere, to be stored with its own id, version and time as far as it has them.
///
/// ```
/// use eventsource::{StreamId, Version, store::ImportEvent};
/// let account = StreamId::new("account", "acc-1")?;
/// // As it stood in the other place: a type, the schema version of its payload, and the payload.
/// let event = ImportEvent::raw(account, "account.deposited", 1, r#"{"amount":100}"#)?
///     .version(Version::new(1))
///     .recorded_at("2011-09-30T22:38:44.546Z".parse()?)
///     .entry("imported from", "ledger");
/// # let _ = event;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImportEvent {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// The version it must get. Without one it follows on from what the stream holds.
    pub version: Option<Version>,
    /// When it was recorded first, on whatever clock. Without a time it is stamped by the store.
    pub recorded_at: Option<Timestamp>,
    /// Id, type, payload and metadata.
    pub event: NewEvent,
    /// Whether the id is one by which the event is recognised when the import is repeated.
    identified: bool,
}

/// What was imported so far, or by one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The events that were stored.
    pub stored: u64,
    /// The events that had been stored before, and were passed over.
    pub skipped: u64,
    /// The streams that began: how many of these events, stored or passed over, have version 1.
    pub streams: u64,
    /// The highest position of these events.
    pub position: Position,
}

/// Why an import ended. What was stored before stays; the same import, repeated, passes over it and goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// One event cannot be imported. Nothing of its chunk was stored.
    #[error("event {number} of the import was refused")]
    Refused {
        /// The number of the event, from 1: in what was given to the store, or to the import as a whole.
        number: u64,
        /// What is wrong with it.
        #[source]
        fault: ImportFault,
    },
    /// The next event could not be had.
    #[error("event {number} of the import could not be read")]
    Input {
        /// The number the event would have had, from 1.
        number: u64,
        /// Why not.
        source: BoxError,
    },
    /// Read models commit with the events in this store, which an import does not keep. Nothing was stored.
    #[error(
        "an import does not keep what commits with the events: {}; call `demote` for each, and they follow the \
         log until a program that registers them inline is started anew",
        projections.join(", ")
    )]
    Inline {
        /// The projections that commit with the events.
        projections: Vec<String>,
    },
    /// The store has no import.
    #[error("this store cannot import; append the events instead")]
    Unsupported,
    /// The store failed. The chunk under way is stored whole or not at all: repeat the import.
    #[error("the import was interrupted; repeat it, and it goes on where it was")]
    Store(#[from] StoreError),
}

/// Why an event cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// Events are missing before it.
    #[error("{stream} is at version {found}, so an event cannot be stored at version {expected}")]
    Gap {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        expected: Version,
        /// The version of the stream, with what was imported so far.
        found: Version,
    },
    /// The stream has another event at its version.
    #[error("{stream} has another event at version {expected}, and is at version {found}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        expected: Version,
        /// The version of the stream.
        found: Version,
    },
    /// It is stored already, but an event that comes before it in the import is not.
    #[error("{stream} has this event at version {version} already, but not all that come before it here")]
    Late {
        /// The stream.
        stream: StreamId,
        /// The version at which it is stored.
        version: Version,
    },
    /// Its id belongs to another event in the store: of another stream, version or type.
    #[error("the id {id} of the event is another event's, {stream} version {version}")]
    UsedEventId {
        /// The id.
        id: EventId,
        /// The stream of the event that has it.
        stream: StreamId,
        /// The version of that event.
        version: Version,
    },
    /// Its id is also that of an event before it in the import.
    #[error("the id {id} is also that of event {other}")]
    RepeatedEventId {
        /// The id.
        id: EventId,
        /// The number of the other event.
        other: u64,
    },
    /// It has no id, and none can be made.
    #[error(
        "the event has no id, by which it would be recognised in a repeated import; give it one, or name the \
         source with `from`, and one is made of the name and the place of the event"
    )]
    NoId,
    /// A text of the event cannot be kept.
    #[error(transparent)]
    Invalid(InvalidAppend),
}

/// A payload that is no JSON.
#[derive(Debug, thiserror::Error)]
#[error("the payload of a `{event_type}` is not JSON")]
pub struct InvalidPayload {
    event_type: String,
    source: serde_json::Error,
}

impl ImportEvent {
    /// The namespace of the names of sources.
    const SOURCES: Uuid = Uuid::from_u128(0x6f1c_3c1e_52f4_4c0e_9a57_0d6b_8c0f_53b1);

    /// An event as the program knows it, at its current schema version.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn new<E: Event>(stream: StreamId, event: &E) -> Result<Self, EncodeError> {
        Ok(Self::of(stream, NewEvent::encode(event, Metadata::new())?))
    }

    /// An event as it stands elsewhere, whatever its type and schema version. The payload is kept byte for byte.
    ///
    /// # Errors
    ///
    /// If the payload is no JSON.
    pub fn raw(
        stream: StreamId,
        event_type: impl Into<Cow<'static, str>>,
        schema_version: u32,
        payload: impl Into<String>,
    ) -> Result<Self, InvalidPayload> {
        let event_type = event_type.into();
        let payload = match RawValue::from_string(payload.into()) {
            Ok(payload) => payload,
            Err(source) => return Err(InvalidPayload { event_type: event_type.into_owned(), source }),
        };
        let metadata = Metadata::new();
        let event = NewEvent { id: EventId::new(), event_type, schema_version, payload, metadata };
        Ok(Self::of(stream, event))
    }

    fn of(stream: StreamId, event: NewEvent) -> Self {
        Self { stream, version: None, recorded_at: None, event, identified: false }
    }

    /// With its own id, by which it is recognised when the import is repeated.
    #[must_use]
    pub fn id(mut self, id: impl Into<EventId>) -> Self {
        self.event.id = id.into();
        self.identified = true;
        self
    }

    /// With the version it must get.
    #[must_use]
    pub fn version(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    /// With the time at which it was recorded first.
    #[must_use]
    pub fn recorded_at(self, time: Timestamp) -> Self {
        Self { recorded_at: Some(time), ..self }
    }

    /// With its metadata: correlation, causation, trace and entries.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.event.metadata = metadata;
        self
    }

    /// With one more entry in its metadata.
    #[must_use]
    pub fn entry(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.event.metadata = self.event.metadata.with(key, value);
        self
    }

    /// Whether it has an id of its own, or one that was made by [`identify`](Self::identify).
    #[must_use]
    pub fn is_identified(&self) -> bool {
        self.identified
    }

    /// Makes an id for an event that has none: a UUID of version 5 of the source's name, the stream, and the
    /// event's version, or else its number in the source. The same event of the same source gets the same id.
    pub fn identify(&mut self, source: &str, number: u64) {
        if self.identified {
            return;
        }
        let source = Uuid::new_v5(&Self::SOURCES, source.as_bytes());
        let place = match self.version {
            Some(version) => format!("version {version}"),
            None => format!("number {number}"),
        };
        // No part of a stream's name holds a NUL.
        let name = format!("{}\0{}\0{place}", self.stream.category(), self.stream.id());
        self.event.id = Uuid::new_v5(&source, name.as_bytes()).into();
        self.identified = true;
    }

    /// Checks what every store checks of the events it is given together: texts that can be kept, no id
    /// twice.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] for the first event that is at fault.
    pub fn validate(events: &[Self]) -> Result<(), ImportError> {
        let mut ids = HashMap::with_capacity(events.len());
        for (event, number) in events.iter().zip(1..) {
            let refused = |fault| Err(ImportError::Refused { number, fault });
            if let Some(other) = ids.insert(event.event.id, number) {
                return refused(ImportFault::RepeatedEventId { id: event.event.id, other });
            }
            if let Err(fault) = event.event.validate(&event.stream) {
                return refused(ImportFault::Invalid(fault));
            }
        }
        Ok(())
    }
}

/// As it stands in another store: with its id, version, time and metadata.
impl TryFrom<RecordedEvent> for ImportEvent {
    type Error = InvalidPayload;

    fn try_from(recorded: RecordedEvent) -> Result<Self, InvalidPayload> {
        let Recorded { context, event } = recorded;
        let event_type = context.event_type.to_string();
        let imported = Self::raw(context.stream, event_type, context.schema_version, event)?;
        let imported = imported.id(context.id).version(context.version).recorded_at(context.recorded_at);
        Ok(imported.metadata(context.metadata))
    }
}

impl Imported {
    /// With what was imported after it.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            stored: self.stored + later.stored,
            skipped: self.skipped + later.skipped,
            streams: self.streams + later.streams,
            position: self.position.max(later.position),
        }
    }

    /// The events that were looked at, stored or passed over.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.stored + self.skipped
    }
}

impl ImportError {
    /// Whether the same import may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Refused { .. } | Self::Input { .. } | Self::Inline { .. } | Self::Unsupported => false,
        }
    }

    /// The same for a chunk that comes after so many events.
    #[must_use]
    pub fn after(mut self, events: u64) -> Self {
        if let Self::Refused { number, fault } = &mut self {
            *number += events;
            if let ImportFault::RepeatedEventId { other, .. } = fault {
                *other += events;
            }
        }
        self
    }
}
