//! The versions that streams are known to have had, from the chunks before. A stream only grows, so what is known
//! never becomes wrong, but at most too little; and to look each stream up again costs a third of an import.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use eventsource_core::StreamId;

/// How many streams are remembered. Beyond, all are forgotten, and those that are met again looked up again.
const MOST: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct Heads {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    versions: HashMap<StreamId, i64>,
    /// Whether some of the last chunk was stored already, and so will be some of the next.
    resuming: bool,
}

impl Heads {
    /// The version of each of these streams, or -1; and whether to expect that events are stored already.
    pub(super) fn of(&self, streams: &[&StreamId]) -> (Vec<i64>, bool) {
        let known = self.known();
        let versions = streams.iter().map(|stream| known.versions.get(*stream).copied().unwrap_or(-1));
        (versions.collect(), known.resuming)
    }

    /// Remembers the versions these streams have.
    pub(super) fn remember(
        &self,
        streams: &[&StreamId],
        versions: impl IntoIterator<Item = i64>,
        resuming: bool,
    ) {
        let mut known = self.known();
        known.resuming = resuming;
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

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each entry is right by itself.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
