//! The versions that streams are known to have had, from the chunks before. A stream only grows, so what is known
//! never becomes wrong, but at most too little; and to look each stream up again costs a third of an import.
//!
//! Only a server that loses what it acknowledged, such as a standby that takes over, makes it wrong, and the versions
//! of a stream would have a gap from then on. So the last event that was stored is a witness: what is known counts
//! while that is there.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use eventsource_core::{Position, StreamId};
use uuid::Uuid;

/// How many streams are remembered. Beyond, all are forgotten, and those that are met again looked up again.
const MOST: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct Heads {
    known: Mutex<KnownVersions>,
}

#[derive(Debug, Default)]
struct KnownVersions {
    versions: HashMap<StreamId, i64>,
    witness: Option<Witness>,
    /// Whether some of the last chunk was stored already, and so will be some of the next.
    resuming: bool,
}

/// An event that was stored after all that is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Witness {
    pub(super) id: Uuid,
    pub(super) position: Position,
}

impl Heads {
    /// The version of each of these streams, or -1; whether to expect that events are stored already; and who bears
    /// witness to it.
    pub(super) fn of(&self, streams: &[&StreamId]) -> (Vec<i64>, bool, Option<Witness>) {
        let known = self.known();
        let versions = streams.iter().map(|stream| known.versions.get(*stream).copied().unwrap_or(-1));
        (versions.collect(), known.resuming, known.witness)
    }

    /// For when the witness is gone.
    pub(super) fn forget(&self) {
        *self.known() = KnownVersions::default();
    }

    /// Some of a chunk was stored already.
    pub(super) fn resume(&self) {
        self.known().resuming = true;
    }

    /// Remembers the versions these streams have after a chunk of which all was stored, and this event last.
    pub(super) fn remember(
        &self,
        streams: &[&StreamId],
        versions: impl IntoIterator<Item = i64>,
        witness: Option<Witness>,
    ) {
        let mut known = self.known();
        known.resuming = false;
        known.witness = witness;
        if known.versions.len() + streams.len() > MOST {
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
        // Each entry is right by itself.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
