//! Snapshots: the state at a version, stored so that a load need not read the whole stream.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    EventId, Schema, StreamId, Version,
    json::{read_with_path, without_values},
    schema,
};

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

impl StoredSnapshot {
    /// Whether a store replaces it by this snapshot of the same stream: by a newer one, one of another form, or any other if
    /// the stream does not have its event.
    #[must_use]
    pub fn is_replaced_by(&self, newer: &Snapshot) -> bool {
        !self.has_event || self.snapshot.form != newer.form || self.snapshot.version < newer.version
    }
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

/// Why a state cannot be stored as a snapshot. The stream is then loaded from its events, or from an earlier snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The state's `Serialize` fails.
    #[error("the state cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// What was written cannot be read, as a `NaN`, which is written as null.
    #[error("the state cannot be read back from JSON, at `{path}`")]
    Decode {
        /// Where in the JSON, as a path such as `lines[3].amount`; `.` is the whole state.
        path: String,
        /// The error of serde.
        source: serde_json::Error,
    },
    /// What was written is read as another state, as with a field that serde skips.
    #[error(
        "the state that is read back from JSON is not equal to the state that was written: serde skips a field or changes a \
         value, or the `PartialEq` of the state is not reflexive"
    )]
    Differs,
    /// Arrays and objects are nested too deep.
    #[error("the JSON of the state is nested deeper than {} levels", crate::json::MAX_DEPTH)]
    TooDeep,
}

/// How and how often the state of an aggregate is stored. Created by the derive from `snapshot(version = …, every =
/// …)`.
///
/// Commands are handled on the state that is read from a snapshot, so it must be the state that was written. Whether it
/// is cannot be seen from the JSON, which does not contain a skipped field. So each snapshot is read back when it is
/// written and compared with the state, by the `PartialEq` of the state. This costs about as much as writing it, once
/// in `every` events, and nothing when loading.
#[derive(Debug)]
pub struct SnapshotCodec<A> {
    /// A snapshot is written each time the stream passes a multiple of this many events.
    pub every: u64,
    /// The form of the snapshots.
    pub form: SnapshotForm,
    encode: fn(&A) -> Result<Box<RawValue>, SnapshotError>,
    decode: fn(&str) -> Result<A, serde_json::Error>,
}

impl<A: Serialize + DeserializeOwned + PartialEq + Schema + 'static> SnapshotCodec<A> {
    /// Stores the state as JSON every this many events; 0 is treated as 1.
    #[must_use]
    pub fn new(version: u32, every: u64) -> Self {
        Self {
            every: every.max(1),
            form: SnapshotForm { version, fingerprint: fingerprint::<A>() },
            encode,
            decode: |text| serde_json::from_str(text),
        }
    }
}

impl<A> SnapshotCodec<A> {
    /// Encodes a snapshot of this state, made after the event with this version and id.
    ///
    /// # Errors
    ///
    /// If the state cannot be written, or is not read back as the same state.
    pub fn encode(
        &self,
        stream: StreamId,
        version: Version,
        event_id: EventId,
        state: &A,
    ) -> Result<Snapshot, SnapshotError> {
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

/// The JSON of a state, from which the same state is read.
fn encode<A: Serialize + DeserializeOwned + PartialEq>(state: &A) -> Result<Box<RawValue>, SnapshotError> {
    let json = serde_json::value::to_raw_value(state)
        .map_err(|error| SnapshotError::Encode(without_values(error)))?;
    if crate::json::is_too_deep(json.get()) {
        return Err(SnapshotError::TooDeep);
    }
    match read_with_path::<A>(json.get()) {
        Ok(stored) if stored == *state => Ok(json),
        Ok(_) => Err(SnapshotError::Differs),
        Err((path, source)) => Err(SnapshotError::Decode { path, source }),
    }
}

/// Whether this is the first call for this type in this process.
#[must_use]
pub fn is_first_fault<A: 'static>() -> bool {
    static SEEN: LazyLock<std::sync::Mutex<std::collections::HashSet<TypeId>>> =
        LazyLock::new(Default::default);
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<A>())
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

#[cfg(test)]
mod tests;
