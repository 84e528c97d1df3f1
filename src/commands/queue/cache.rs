//! The cache of aggregates that have no command in the queue.
//!
//! It needs no invalidation: an outdated state only leads to a conflict, after which the new events are read.

use std::{
    any::{Any, TypeId},
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use super::working_state::CachedState;
use crate::{Aggregate, StreamId};

/// How many aggregates an [`EventSource`](crate::EventSource) caches between commands. A command on a cached
/// aggregate is handled without loading it; if another process has appended to its stream meanwhile, only the new
/// events are read.
///
/// By default 10,000 aggregates of any size. The least recently used are evicted first.
///
/// A store that loses acknowledged appends, such as a server without `fsync` that crashes, leaves a program with
/// cached states that no longer match the store. Restart the program then, as after restoring a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AggregateCache {
    /// The maximum number of aggregates; 0 caches none.
    pub entries: usize,
    /// The maximum of their total weight, in units of [`Aggregate::weight`].
    pub weight: usize,
}

impl Default for AggregateCache {
    fn default() -> Self {
        Self { entries: 10_000, weight: usize::MAX }
    }
}

impl AggregateCache {
    /// Nothing is cached between commands: a command loads its aggregate, unless its command queue is in use.
    ///
    /// While commands of this process on the same aggregate are queued, they share one working state: the first one
    /// loads it, and the ones after it are handled on the state that it will produce. It is dropped when the queue
    /// is empty.
    pub const OFF: Self = Self { entries: 0, weight: 0 };

    /// Caches at most this number of aggregates, of any weight.
    #[must_use]
    pub fn entries(entries: usize) -> Self {
        Self { entries, ..Self::default() }
    }

    /// Limits the total weight. An aggregate that does not declare a weight weighs 1.
    #[must_use]
    pub fn weighing(self, weight: usize) -> Self {
        Self { weight, ..self }
    }
}

/// Two aggregate types may be folded from one stream, so the stream alone is not a key.
pub(super) type Key = (TypeId, StreamId);

pub(super) struct Cache {
    bounds: AggregateCache,
    entries: Mutex<Entries>,
}

struct Entries {
    all: LruCache<Key, Entry>,
    weight: usize,
}

struct Entry {
    cached: Box<dyn Any + Send>,
    weight: usize,
}

/// The entries that were evicted to make room.
pub(super) struct Evicted(#[expect(dead_code, reason = "kept to be dropped")] Vec<Entry>);

impl Cache {
    pub(super) fn new(bounds: AggregateCache) -> Self {
        Self { bounds, entries: Mutex::new(Entries { all: LruCache::unbounded(), weight: 0 }) }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the cached state of an aggregate out of the cache.
    pub(super) fn take<A: Aggregate>(&self, key: &Key) -> Option<CachedState<A>> {
        if self.bounds.entries == 0 {
            return None;
        }
        let found = {
            let mut entries = self.entries();
            let found = entries.all.pop(key);
            entries.weight -= found.as_ref().map_or(0, |entry| entry.weight);
            found
        };
        count(found.is_some());
        found?.cached.downcast().ok().map(|cached| *cached)
    }

    /// Caches the state, and returns the entries that were evicted for it.
    pub(super) fn put<A: Aggregate>(&self, key: Key, cached: CachedState<A>) -> Evicted {
        let weight = cached.weight();
        let entry = Entry { cached: Box::new(cached), weight };
        if self.bounds.entries == 0 || weight > self.bounds.weight {
            return Evicted(vec![entry]);
        }
        let mut entries = self.entries();
        let mut evicted = Vec::new();
        while entries.all.len() >= self.bounds.entries || entries.weight > self.bounds.weight - weight {
            let Some((_, oldest)) = entries.all.pop_lru() else { break };
            entries.weight -= oldest.weight;
            evicted.push(oldest);
        }
        entries.weight += weight;
        if let Some(former) = entries.all.put(key, entry) {
            entries.weight -= former.weight;
            evicted.push(former);
        }
        Evicted(evicted)
    }
}

/// Counts whether the aggregate of a command was cached.
fn count(is_hit: bool) {
    #[cfg(feature = "metrics")]
    {
        let result = if is_hit { "hit" } else { "miss" };
        metrics::counter!("eventsource_aggregate_cache_total", "result" => result).increment(1);
    }
    #[cfg(not(feature = "metrics"))]
    let _ = is_hit;
}
