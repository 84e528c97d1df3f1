//! The origin of a command: the metadata of its events, and its idempotency key.

use uuid::Uuid;

use crate::{EventContext, Metadata, Traceparent, store::Request};

#[derive(Debug, Default)]
pub(crate) struct Origin {
    metadata: Metadata,
    idempotency_key: Option<String>,
    content: Option<Uuid>,
}

/// An idempotency key, and the request that it stands for.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) key: String,
    pub(super) request: Request,
}

impl Origin {
    pub(super) fn key(&mut self, key: String) {
        self.idempotency_key = Some(key);
    }

    pub(super) fn content(&mut self, content: &[u8]) {
        self.content = Some(Request::digest(content));
    }

    /// The key with its request, if there is a key.
    pub(super) fn keyed(&self, request: impl FnOnce() -> Request) -> Option<Keyed> {
        let key = self.idempotency_key.clone()?;
        Some(Keyed { key, request: request().with_digest(self.content) })
    }

    pub(crate) fn entry(&mut self, key: String, value: String) {
        self.metadata.entries.insert(key, value);
    }

    pub(crate) fn correlation(&mut self, id: Uuid) {
        self.metadata.correlation_id = Some(id);
    }

    pub(crate) fn trace(&mut self, traceparent: Traceparent) {
        self.metadata.traceparent = Some(traceparent);
    }

    pub(crate) fn cause(&mut self, event: &EventContext) {
        // An event of another program may have no correlation id: then its event id becomes the correlation id.
        let origin = event.metadata.correlation_id.unwrap_or(event.id.as_uuid());
        self.metadata.correlation_id.get_or_insert(origin);
        self.metadata.causation_id = Some(event.id.as_uuid());
        if self.metadata.traceparent.is_none() {
            self.metadata.traceparent.clone_from(&event.metadata.traceparent);
        }
    }

    /// The metadata of every event of one execution. Without a causing event, the execution itself is the origin.
    pub(crate) fn metadata(&self) -> Metadata {
        let execution = Uuid::now_v7();
        let mut metadata = self.metadata.clone();
        metadata.correlation_id.get_or_insert(execution);
        metadata.causation_id.get_or_insert(execution);
        metadata
    }
}
