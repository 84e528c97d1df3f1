//! A cache of the versions of streams, from earlier chunks. A stream only grows, so a cached version is never too high,
//! only too low; and reading the version of each stream again costs a third of an import.
//!
//! A cached version becomes too high only if a server loses acknowledged events, such as a standby that is promoted before
//! it has received them; the versions of a stream would then have a gap. So the cache keeps the last event that was
//! stored: the cached versions are valid only while that event exists.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use eventsource_core::{Position, StreamId};
use uuid::Uuid;

/// The maximum number of cached streams. When it is exceeded, the cache is cleared.
const MAX_STREAMS: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct Heads {
    known: Mutex<KnownVersions>,
}

#[derive(Debug, Default)]
struct KnownVersions {
    versions: HashMap<StreamId, i64>,
    last_stored: Option<LastStored>,
    /// Whether events of the last chunk were stored already. Then events of the next chunk probably are, too.
    resuming: bool,
}

/// The last event that was stored when the cache was updated.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastStored {
    pub(super) id: Uuid,
    pub(super) position: Position,
}

impl Heads {
    /// The cached version of each of these streams, or -1; whether events are probably stored already; and the event that
    /// must exist for the versions to be valid.
    pub(super) fn get(&self, streams: &[&StreamId]) -> (Vec<i64>, bool, Option<LastStored>) {
        let known = self.known();
        let versions = streams.iter().map(|stream| known.versions.get(*stream).copied().unwrap_or(-1));
        (versions.collect(), known.resuming, known.last_stored)
    }

    /// Clears the cache, because the last stored event no longer exists.
    pub(super) fn clear(&self) {
        *self.known() = KnownVersions::default();
    }

    /// Records that events of a chunk were stored already.
    pub(super) fn set_resuming(&self) {
        self.known().resuming = true;
    }

    /// Caches the versions of these streams after all events of a chunk were stored, and the last of these events.
    pub(super) fn update(
        &self,
        streams: &[&StreamId],
        versions: impl IntoIterator<Item = i64>,
        last_stored: Option<LastStored>,
    ) {
        let mut known = self.known();
        known.resuming = false;
        known.last_stored = last_stored;
        if known.versions.len() + streams.len() > MAX_STREAMS {
            known.versions.clear();
        }
        for (&stream, version) in streams.iter().zip(versions) {
            match known.versions.get_mut(stream) {
                Some(known) => *known = version.max(*known),
                None => {
                    known.versions.insert(stream.clone(), version);
                }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, KnownVersions> {
        // Each entry is correct on its own, so a poisoned lock can be used.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
