//! The events of an import: an existing history from another system, stored unchanged.

mod error;

use std::{borrow::Cow, collections::HashMap};

pub use error::{ImportError, ImportFault};

use serde_json::value::RawValue;
use uuid::Uuid;

use super::NewEvent;
use crate::{
    EncodeError, Event, EventContext, EventId, EventSet, Metadata, Position, Recorded, RecordedEvent,
    StoredEvent, StreamId, Timestamp, Undecodable, Version, shown::Escaped,
};

/// An event of an existing history, to be stored with its own id, version and time, as far as it has them.
///
/// ```
/// use eventsource::{StreamId, Version, store::ImportEvent};
/// let account = StreamId::new("account", "acc-1")?;
/// // The event in the other system: its type, the schema version of its payload, and the payload.
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
    /// The version that it must get. Without a version it gets the next one of its stream.
    pub version: Option<Version>,
    /// When it was first recorded, by any clock. Without a time it gets the time of the store.
    pub recorded_at: Option<Timestamp>,
    /// Id, type, payload and metadata.
    pub event: NewEvent,
    /// Whether a repeated import recognises the event by its id.
    identified: bool,
    /// Decodes it, if it was made from an event of this program.
    decode: Option<Decode>,
}

/// Decodes an event as one of a set.
type Decode = fn(StoredEvent<'_>) -> Result<(), Undecodable>;

/// The counts of an import so far, or of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The events that were stored.
    pub stored: u64,
    /// The events that had been stored before and were skipped.
    pub skipped: u64,
    /// The new streams: how many of these events, stored or skipped, have version 1.
    pub streams: u64,
    /// The highest position of these events.
    pub position: Position,
}

/// A payload that is not JSON.
#[derive(Debug, thiserror::Error)]
#[error("the payload of a `{}` is not JSON", Escaped(event_type))]
pub struct InvalidPayload {
    event_type: String,
    source: serde_json::Error,
}

impl ImportEvent {
    /// The UUID namespace for the names of sources.
    const SOURCES: Uuid = Uuid::from_u128(0x6f1c_3c1e_52f4_4c0e_9a57_0d6b_8c0f_53b1);

    /// An event of the program's own type, in the schema version that this program
    /// [writes](crate::EventType::writes).
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON in the version that is written. Whether the JSON can be decoded is checked
    /// by the import.
    pub fn new<E: Event>(stream: StreamId, event: &E) -> Result<Self, EncodeError> {
        let event = NewEvent::encode(event, Metadata::new())?;
        Ok(Self { decode: Some(decodes::<E>), ..Self::of(stream, event) })
    }

    /// An event of another system, with any type and schema version. The payload is kept byte for byte.
    ///
    /// # Errors
    ///
    /// If the payload is not JSON.
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
        Self { stream, version: None, recorded_at: None, event, identified: false, decode: None }
    }

    /// Sets the id, by which a repeated import recognises the event.
    #[must_use]
    pub fn id(mut self, id: impl Into<EventId>) -> Self {
        self.event.id = id.into();
        self.identified = true;
        self
    }

    /// Sets the version that it must get.
    #[must_use]
    pub fn version(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Sets the time at which it was first recorded.
    #[must_use]
    pub fn recorded_at(self, time: Timestamp) -> Self {
        Self { recorded_at: Some(time), ..self }
    }

    /// Sets its metadata: correlation, causation, trace and entries.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.event.metadata = metadata;
        self
    }

    /// Adds an entry to its metadata.
    #[must_use]
    pub fn entry(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.event.metadata = self.event.metadata.with(key, value);
        self
    }

    /// Whether it has its own id, or one that [`identify`](Self::identify) derived.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        self.identified
    }

    /// Derives an id for an event that has none: a UUID of version 5 from the source's name, the stream, and the
    /// event's version, or else its number in the source. The same event of the same source always gets the same id.
    pub fn identify(&mut self, source: &str, number: u64) {
        if self.identified {
            return;
        }
        let source = Uuid::new_v5(&Self::SOURCES, source.as_bytes());
        let place = match self.version {
            Some(version) => format!("version {version}"),
            None => format!("number {number}"),
        };
        // No part of a stream id contains a NUL.
        let name = format!("{}\0{}\0{place}", self.stream.category(), self.stream.id());
        self.event.id = Uuid::new_v5(&source, name.as_bytes()).into();
        self.identified = true;
    }

    /// Checks that the event can be decoded as one of the set that [`new`](Self::new) was given. An event from
    /// [`raw`](Self::raw) is of no set.
    ///
    /// # Errors
    ///
    /// Why it cannot be decoded.
    pub fn check(&self) -> Result<(), Undecodable> {
        self.decode.map_or(Ok(()), |decode| self.decode_with(decode))
    }

    /// Checks that the event can be decoded as one of `E`.
    ///
    /// # Errors
    ///
    /// Why it cannot be decoded.
    pub fn check_as<E: EventSet>(&self) -> Result<(), Undecodable> {
        self.decode_with(decodes::<E>)
    }

    fn decode_with(&self, decode: Decode) -> Result<(), Undecodable> {
        let NewEvent { event_type, schema_version, payload, .. } = &self.event;
        match decode(StoredEvent::new(event_type, *schema_version, payload.get())) {
            Err(Undecodable::WithoutContext) => decode(StoredEvent::of(&self.context(), payload.get())),
            decoded => decoded,
        }
    }

    /// The context, as far as it is known before the event is stored.
    fn context(&self) -> EventContext {
        EventContext {
            stream: self.stream.clone(),
            version: self.version.unwrap_or(Version::EMPTY.next()),
            position: Position::START,
            id: self.event.id,
            event_type: (&*self.event.event_type).into(),
            schema_version: self.event.schema_version,
            metadata: self.event.metadata.clone(),
            recorded_at: self.recorded_at.unwrap_or_else(Timestamp::now),
        }
    }

    /// Checks what every store checks of the events of one call: texts that can be stored, no repeated id.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] for the first invalid event.
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

fn decodes<E: EventSet>(stored: StoredEvent<'_>) -> Result<(), Undecodable> {
    E::decode(stored).map(drop)
}

/// Converts an event of another store: it keeps its id, version, time and metadata.
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
    /// Adds the counts of a later part of the import.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            stored: self.stored + later.stored,
            skipped: self.skipped + later.skipped,
            streams: self.streams + later.streams,
            position: self.position.max(later.position),
        }
    }

    /// The number of events processed, stored or skipped.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.stored + self.skipped
    }
}
