//! Stored events as a store returns them.

use eventsource::{EventId, EventSet, Metadata, RecordedEvent, event::DecodeError, prelude::*};

/// The third event of a stream, at position 7.
pub(crate) fn recorded(event_type: &str, schema_version: u32, payload: &str) -> RecordedEvent {
    Recorded {
        context: EventContext {
            stream: StreamId::new("account", "acc-1").expect("a valid stream id"),
            version: Version::new(3),
            position: Position::new(7),
            id: EventId::new(),
            event_type: event_type.into(),
            schema_version,
            metadata: Metadata::default(),
            recorded_at: Timestamp::now(),
        },
        event: payload.into(),
    }
}

/// The events to which a stored one decodes.
pub(crate) fn decode<E: EventSet>(
    event_type: &str,
    schema_version: u32,
    payload: &str,
) -> Result<Vec<E>, DecodeError> {
    let events = recorded(event_type, schema_version, payload).decode::<E>()?;
    Ok(events.map(|recorded| recorded.event).collect())
}

/// The payload of an event, which must decode to the same event.
#[track_caller]
pub(crate) fn payload<E: Event + PartialEq + std::fmt::Debug>(event: E) -> String {
    let ty = event.event_type();
    let payload = event.encode().expect("the event can be written").get().to_owned();
    let decoded = decode::<E>(ty.name, ty.writes, &payload).expect("what was written can be read");
    assert_eq!(decoded, [event], "{payload}");
    payload
}
