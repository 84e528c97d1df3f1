//! Snapshots: the state at a version, stored so that a load need not read the whole stream.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{EventId, Schema, StreamId, Version, schema};

/// A stored state. A store keeps the newest one per stream.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The stream it was folded from.
    pub stream: StreamId,
    /// The version of the last event folded into it.
    pub version: Version,
    /// The id of that event, which shows whether a stream is the one that the state was folded from.
    pub event_id: EventId,
    /// The form of the state: the declared version, and the structure of its fields.
    pub form: SnapshotForm,
    /// The state, as JSON.
    pub state: Box<RawValue>,
}

/// A stored snapshot, and whether the stream still has the event that it was made at.
#[derive(Debug, Clone)]
pub struct StoredSnapshot {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Whether the stream has the event that the snapshot was made at: this version, with this id. Otherwise, as after
    /// one of the two was restored from a backup, the state is of another history. The snapshot is ignored and
    /// replaced.
    pub has_event: bool,
}

/// The form that a snapshot and the program that reads it must share. A snapshot of another form is ignored and
/// replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotForm {
    /// The version declared with `snapshot(version = …)`; raised when the meaning of the state changes.
    pub version: u32,
    /// A fingerprint of the state's structure, so that a changed field is detected even if the version was not
    /// raised.
    pub fingerprint: Arc<str>,
}

/// How and how often the state of an aggregate is stored. Created by the derive from `snapshot(version = …, every =
/// …)`.
#[derive(Debug)]
pub struct SnapshotCodec<A> {
    /// A snapshot is written each time the stream passes a multiple of this many events.
    pub every: u64,
    /// The form of the snapshots.
    pub form: SnapshotForm,
    encode: fn(&A) -> Result<Box<RawValue>, serde_json::Error>,
    decode: fn(&str) -> Result<A, serde_json::Error>,
}

impl<A: Serialize + DeserializeOwned + Schema + 'static> SnapshotCodec<A> {
    /// Stores the state as JSON every this many events; 0 is treated as 1.
    #[must_use]
    pub fn new(version: u32, every: u64) -> Self {
        Self {
            every: every.max(1),
            form: SnapshotForm { version, fingerprint: fingerprint::<A>() },
            encode: |state| serde_json::value::to_raw_value(state),
            decode: |text| serde_json::from_str(text),
        }
    }
}

impl<A> SnapshotCodec<A> {
    /// Encodes a snapshot of this state, made after the event with this version and id.
    ///
    /// # Errors
    ///
    /// If the state's `Serialize` fails.
    pub fn encode(
        &self,
        stream: StreamId,
        version: Version,
        event_id: EventId,
        state: &A,
    ) -> Result<Snapshot, serde_json::Error> {
        Ok(Snapshot { stream, version, event_id, form: self.form.clone(), state: (self.encode)(state)? })
    }

    /// The state in this snapshot, or `None` if it has another form or cannot be decoded: a snapshot only makes
    /// loading faster, so it is never a reason to fail.
    #[must_use]
    pub fn decode(&self, snapshot: &Snapshot) -> Option<A> {
        if snapshot.form != self.form {
            return None;
        }
        (self.decode)(snapshot.state.get()).ok()
    }
}

/// The fingerprint of a type's structure, computed once, because every load needs it.
fn fingerprint<A: Schema + 'static>() -> Arc<str> {
    static KNOWN: LazyLock<RwLock<HashMap<TypeId, Arc<str>>>> = LazyLock::new(RwLock::default);
    let id = TypeId::of::<A>();
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return Arc::clone(known);
    }
    let fingerprint: Arc<str> = schema::fingerprint::<A>().into();
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&fingerprint));
    fingerprint
}
