//! The stored form of a scheduled command.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::ScheduledCommand;
use crate::{
    DecodeError, EncodeError, EventContext, EventId, InvalidStreamId, Metadata, Position, Recorded, StreamId,
    Timestamp, Version, event::Event as _, store::NewEvent,
};

/// What is kept with the timer of a scheduled command, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) command: String,
    pub(super) version: u32,
    pub(super) payload: Box<RawValue>,
    pub(super) correlation: Option<Uuid>,
    pub(super) causation: Option<Uuid>,
    /// The other metadata, as a store keeps it.
    pub(super) entries: String,
    /// Why it was not executed when it was due. It then waits for an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<String>,
    /// When it was due, if it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) was_due: Option<Timestamp>,
}

/// Why a stored command cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("what is kept of the command is not what this library writes")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Key(#[from] InvalidStreamId),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("an upcaster made {0} commands of one")]
    Number(usize),
}

impl Stored {
    pub(super) fn encode<C: ScheduledCommand>(command: C, metadata: &Metadata) -> Result<Self, EncodeError> {
        let stored = C::Stored::from(command);
        let NewEvent { event_type, schema_version, payload, .. } =
            NewEvent::encode(&stored, Metadata::new())?;
        Ok(Self {
            command: event_type.into(),
            version: schema_version,
            payload,
            correlation: metadata.correlation_id,
            causation: metadata.causation_id,
            entries: metadata.encode_entries(),
            failed: None,
            was_due: None,
        })
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("ids and texts are JSON")
    }

    pub(super) fn metadata(&self) -> Result<Metadata, Unreadable> {
        let entries = Metadata::decode_entries(&self.entries)?;
        Ok(Metadata { correlation_id: self.correlation, causation_id: self.causation, ..entries })
    }

    pub(super) fn decode<C: ScheduledCommand>(&self, key: &str) -> Result<C, Unreadable> {
        // Upcasters are given the context of an event; nothing in it is that of one.
        let context = EventContext {
            stream: StreamId::new(C::Stored::CATEGORY, key)?,
            version: Version::new(1),
            position: Position::START,
            id: EventId::new(),
            event_type: Arc::from(self.command.as_str()),
            schema_version: self.version,
            metadata: Metadata::new(),
            recorded_at: Timestamp::now(),
        };
        let stored = Recorded { context, event: self.payload.get().into() };
        let mut decoded: Vec<_> = stored.decode::<C::Stored>()?.collect();
        match (decoded.pop(), decoded.len()) {
            (Some(command), 0) => Ok(command.event.into()),
            (None, _) => Err(Unreadable::Number(0)),
            (Some(_), others) => Err(Unreadable::Number(others + 1)),
        }
    }
}
