//! Each rule by itself. That a store follows them is tested by the conformance suite.

mod append;
mod decided;
mod generations;
mod import;
mod leases;
mod parking;

use serde_json::value::RawValue;

use super::{Head, KnownEvent, LogState};
use crate::{EventId, Metadata, Position, StreamId, Version, store::NewEvent};

const TYPE: &str = "happened";

fn stream(id: &str) -> StreamId {
    StreamId::new("account", id).expect("a valid id")
}

fn event() -> NewEvent {
    let (id, payload) = (EventId::new(), RawValue::NULL.to_owned());
    NewEvent { id, event_type: TYPE.into(), schema_version: 1, payload, metadata: Metadata::new() }
}

fn head(version: u64, position: u64) -> Head {
    Head { version: Version::new(version), position: Position::new(position) }
}

/// A log whose last position is 10, with these streams.
fn log_of<const N: usize>(heads: [(&str, Head); N]) -> LogState {
    let heads = heads.into_iter().map(|(id, head)| (stream(id), head)).collect();
    LogState { end: Position::new(10), heads, ..LogState::default() }
}

impl LogState {
    /// Adds an event that is stored already.
    fn with(mut self, id: &str, head: Head, event: &NewEvent) -> Self {
        let (event_type, schema_version) = (event.event_type.clone(), event.schema_version);
        self.events.insert(event.id, KnownEvent { stream: stream(id), head, event_type, schema_version });
        self
    }
}
