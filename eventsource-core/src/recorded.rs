//! An event as the store keeps it.

use std::{borrow::Cow, fmt, sync::Arc};

use uuid::Uuid;

use crate::{
    DecodeError, Decoded, EventId, EventSet, Metadata, Position, StoredEvent, StreamId, Timestamp, Version,
    shown::Escaped,
};

/// The store's data about an event, except its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventContext {
    /// The stream the event belongs to.
    pub stream: StreamId,
    /// Its number in the stream, from 1.
    pub version: Version,
    /// Its place in the log of all streams.
    pub position: Position,
    /// Its id.
    pub id: EventId,
    /// The persisted type name, as it was when the event was written.
    pub event_type: Arc<str>,
    /// The version of the type's payload, as it was when the event was written; from 1.
    pub schema_version: u32,
    /// Correlation, causation, the trace and free entries.
    pub metadata: Metadata,
    /// When it was stored, on the store's clock; for an imported event, when it was first recorded in the other
    /// system.
    pub recorded_at: Timestamp,
}

/// An event and its context, such as `recorded.context.version`.
///
/// An upcaster may turn one stored event into several. They share one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<E> {
    /// Stream, version, position, id, type, metadata, time.
    pub context: EventContext,
    /// The event itself.
    pub event: E,
}

/// A stored event: the payload is JSON text, not yet decoded.
pub type RecordedEvent = Recorded<Box<str>>;

impl EventContext {
    /// The id of the stream within its category.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        self.stream.id()
    }

    /// Whether the event belongs to a correlation: it has this correlation id, or it is the event whose own id that is.
    /// What an event without a correlation id causes has the id of the event as its correlation id.
    #[must_use]
    pub fn belongs_to(&self, correlation: Uuid) -> bool {
        self.metadata.correlation_id == Some(correlation) || self.id.as_uuid() == correlation
    }

    /// Attaches the context to each event. The last event gets the context itself, so the usual single event needs no
    /// copy.
    fn with<E>(self, events: Decoded<E>) -> impl Iterator<Item = Recorded<E>> {
        let mut left = events.len();
        let mut context = Some(self);
        events.into_iter().map(move |event| {
            left -= 1;
            let context = if left == 0 { context.take() } else { context.clone() };
            Recorded { context: context.expect("kept until the last event"), event }
        })
    }
}

impl fmt::Display for EventContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, version, position, event_type, schema_version, .. } = self;
        let event_type = Escaped(event_type);
        write!(f, "`{event_type}` v{schema_version} at {stream} version {version} (position {position})")
    }
}

impl<E> Recorded<E> {
    /// The id of the aggregate that recorded it, as a text.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        self.context.aggregate_id()
    }
}

impl RecordedEvent {
    /// The payload: JSON text, byte for byte as it was written.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.event
    }

    /// The parts that [`EventSet::decode`] takes.
    #[must_use]
    pub fn stored(&self) -> StoredEvent<'_> {
        StoredEvent::of(&self.context, &self.event)
    }

    fn decoded<E: EventSet>(&self) -> Result<Decoded<E>, DecodeError> {
        E::decode(self.stored()).map_err(|fault| fault.of(&self.context))
    }

    /// Like [`decode`](Self::decode), but appends to a list. With millions of events it matters that the usual single
    /// event is moved only once.
    #[doc(hidden)]
    pub fn decode_onto<E: EventSet>(self, events: &mut Vec<Recorded<E>>) -> Result<(), DecodeError> {
        match self.decoded()? {
            Decoded::One(event) => events.push(Recorded { context: self.context, event }),
            several @ Decoded::Many(_) => events.extend(self.context.with(several)),
        }
        Ok(())
    }

    /// Decodes the payload, upcasting it to the current version, with [`EventSet::decode`]: usually to one event, but
    /// an upcaster may return several or none.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`]; it names the type, version, stream, position and error.
    pub fn decode<E: EventSet>(self) -> Result<impl Iterator<Item = Recorded<E>>, DecodeError> {
        let events = self.decoded()?;
        Ok(self.context.with(events))
    }

    /// Like [`decode`](Self::decode), for an event that has other readers.
    #[doc(hidden)]
    pub fn decode_shared<E: EventSet>(
        event: Cow<'_, Self>,
    ) -> Result<impl Iterator<Item = Recorded<E>> + use<E>, DecodeError> {
        let events = event.decoded()?;
        let context = match event {
            Cow::Owned(event) => event.context,
            Cow::Borrowed(event) => event.context.clone(),
        };
        Ok(context.with(events))
    }
}
