//! The plan of an import.

use std::collections::HashMap;

use super::log::{Log, Planned};
use eventsource_core::{
    EventContext, Position, Recorded, RecordedEvent, StreamId, Timestamp, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported},
};

/// A stream and the events that the import plans for it.
struct Stream {
    version: Version,
    /// Whether one of its events is new.
    grows: bool,
}

impl Log {
    /// The events that the import would record: those that are not stored already.
    pub(super) fn plan_import(&self, events: &[ImportEvent]) -> Result<(Planned, Imported), ImportError> {
        let mut planned = self.nothing();
        let mut imported = Imported::default();
        let mut streams: HashMap<&StreamId, Stream> = HashMap::new();
        let now = Timestamp::now();
        for (event, number) in events.iter().zip(1..) {
            let refused = |fault| ImportError::Refused { number, fault };
            let stream = streams
                .entry(&event.stream)
                .or_insert_with(|| Stream { version: self.version(&event.stream), grows: false });
            let (version, position) = match self.ids.get(&event.event.id) {
                Some(&index) => {
                    let stored = &self.events[index];
                    is_stored(event, stored, stream).map_err(refused)?;
                    imported.skipped += 1;
                    (stored.version, stored.position)
                }
                None => {
                    stream.grow(event).map_err(refused)?;
                    let position = (self.events.len() + planned.events.len()) as u64 + 1;
                    let position = Position::new(position);
                    planned.events.push(recorded(event, stream.version, position, now));
                    imported.stored += 1;
                    (stream.version, position)
                }
            };
            imported.streams += u64::from(version == Version::new(1));
            imported.position = imported.position.max(position);
        }
        Ok((planned, imported))
    }
}

impl Stream {
    fn grow(&mut self, event: &ImportEvent) -> Result<(), ImportFault> {
        let (stream, found) = (event.stream.clone(), self.version);
        match event.version {
            Some(expected) if expected > found.next() => Err(ImportFault::Gap { stream, expected, found }),
            Some(expected) if expected < found.next() => {
                Err(ImportFault::Conflict { stream, expected, found })
            }
            _ => {
                self.version = found.next();
                self.grows = true;
                Ok(())
            }
        }
    }
}

/// Whether the stored event is this event, so that the import can skip it.
fn is_stored(event: &ImportEvent, stored: &RecordedEvent, stream: &Stream) -> Result<(), ImportFault> {
    let same = stored.stream == event.stream
        && event.version.is_none_or(|version| version == stored.version)
        && *stored.event_type == *event.event.event_type
        && stored.schema_version == event.event.schema_version;
    let Recorded { context: EventContext { id, stream: of, version, .. }, .. } = stored;
    match same {
        false => Err(ImportFault::UsedEventId { id: *id, stream: of.clone(), version: *version }),
        true if stream.grows => Err(ImportFault::Late { stream: of.clone(), version: *version }),
        true => Ok(()),
    }
}

fn recorded(event: &ImportEvent, version: Version, position: Position, now: Timestamp) -> RecordedEvent {
    let context = EventContext {
        stream: event.stream.clone(),
        version,
        position,
        id: event.event.id,
        event_type: (*event.event.event_type).into(),
        schema_version: event.event.schema_version,
        metadata: event.event.metadata.clone(),
        recorded_at: event.recorded_at.unwrap_or(now),
    };
    Recorded { context, event: event.event.payload.get().into() }
}
