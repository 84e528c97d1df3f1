//! The origin of a command: the metadata of its events, and its idempotency key.

use uuid::Uuid;

use crate::{EventContext, Metadata, Traceparent};

#[derive(Debug, Default)]
pub(super) struct Origin {
    metadata: Metadata,
    pub(super) idempotency_key: Option<String>,
}

impl Origin {
    pub(super) fn key(&mut self, key: String) {
        self.idempotency_key = Some(key);
    }

    pub(super) fn entry(&mut self, key: String, value: String) {
        self.metadata.entries.insert(key, value);
    }

    pub(super) fn correlation(&mut self, id: Uuid) {
        self.metadata.correlation_id = Some(id);
    }

    pub(super) fn trace(&mut self, traceparent: Traceparent) {
        self.metadata.traceparent = Some(traceparent);
    }

    pub(super) fn cause(&mut self, event: &EventContext) {
        // An event of another program may have no correlation id: then its event id becomes the correlation id.
        let origin = event.metadata.correlation_id.unwrap_or(event.id.as_uuid());
        self.metadata.correlation_id.get_or_insert(origin);
        self.metadata.causation_id = Some(event.id.as_uuid());
        if self.metadata.traceparent.is_none() {
            self.metadata.traceparent.clone_from(&event.metadata.traceparent);
        }
    }

    /// The metadata of every event of one execution. Without a causing event, the execution itself is the origin.
    pub(super) fn metadata(&self) -> Metadata {
        let execution = Uuid::now_v7();
        let mut metadata = self.metadata.clone();
        metadata.correlation_id.get_or_insert(execution);
        metadata.causation_id.get_or_insert(execution);
        metadata
    }
}
