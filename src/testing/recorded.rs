//! Events as a store would return them, for tests without a store.

use std::collections::HashMap;

use super::given::causes;
use crate::{
    EncodeError, Event, EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StreamId,
    Timestamp, Version, store::NewEvent,
};

/// Records events one after the other.
pub(super) struct Recorder {
    position: u64,
    versions: HashMap<StreamId, u64>,
    pub(super) metadata: Metadata,
    pub(super) recorded_at: Timestamp,
}

impl Default for Recorder {
    fn default() -> Self {
        // A fixed time, so that each run of a test sees the same time.
        let recorded_at = Timestamp::from_microsecond(0).expect("1970 is a year");
        Self { position: 0, versions: HashMap::new(), metadata: Metadata::default(), recorded_at }
    }
}

impl Recorder {
    /// The next event, on the stream of its category with this id.
    #[track_caller]
    pub(super) fn record<E: Event>(&mut self, id: &str, event: &E) -> RecordedEvent {
        match self.record_with(id, event, self.metadata.clone()) {
            Ok(recorded) => recorded,
            Err(error) => {
                panic!("an event of type `{}` cannot be stored: {}", event.event_type().name, causes(&error))
            }
        }
    }

    /// The next event, with this metadata.
    #[track_caller]
    pub(super) fn record_with<E: Event>(
        &mut self,
        id: &str,
        event: &E,
        metadata: Metadata,
    ) -> Result<RecordedEvent, EncodeError> {
        let new = NewEvent::encode(event, metadata)?;
        let stream = match StreamId::new(E::CATEGORY, id) {
            Ok(stream) => stream,
            Err(error) => panic!("{error}"),
        };
        let version = self.versions.entry(stream.clone()).or_default();
        *version += 1;
        self.position += 1;
        let context = EventContext {
            stream,
            version: Version::new(*version),
            position: Position::new(self.position),
            id: EventId::new(),
            event_type: new.event_type.as_ref().into(),
            schema_version: new.schema_version,
            metadata: new.metadata,
            recorded_at: self.recorded_at,
        };
        Ok(Recorded { context, event: new.payload.get().into() })
    }
}
