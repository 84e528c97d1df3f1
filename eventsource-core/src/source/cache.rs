//! The memory of aggregates that no command is under way for.
//!
//! It needs no invalidation: a state that is no longer the newest only loses the optimistic check, and then what is
//! new is read.

use std::{
    any::Any,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use super::{queue::CachedState, queues::Key};
use crate::Aggregate;

/// How many aggregates an [`EventSource`](crate::EventSource) remembers between commands. One that is remembered is
/// decided on without being loaded; when another process has appended to it meanwhile, only what is new is read.
///
/// By default 10,000 of them, whatever their size. Those that are not used longest are forgotten first.
///
/// A store that loses what it acknowledged, such as a server without `fsync` that crashes, leaves a program with
/// memories of what never was; restart it, as after restoring a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateCache {
    /// How many aggregates at most; 0 remembers none.
    pub entries: usize,
    /// How much they may weigh together, as [`Aggregate::weight`] says.
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

    /// At most so many, of any weight.
    #[must_use]
    pub fn entries(entries: usize) -> Self {
        Self { entries, ..Self::default() }
    }

    /// At most so much together; where an aggregate does not declare it, each weighs 1.
    #[must_use]
    pub fn weighing(self, weight: usize) -> Self {
        Self { weight, ..self }
    }
}

pub(super) struct Cache {
    bounds: AggregateCache,
    remembered: Mutex<Remembered>,
}

struct Remembered {
    all: LruCache<Key, Entry>,
    weight: usize,
}

struct Entry {
    cached: Box<dyn Any + Send>,
    weight: usize,
}

/// What was forgotten to make room.
pub(super) struct Forgotten(#[expect(dead_code, reason = "kept to be dropped")] Vec<Entry>);

impl Cache {
    pub(super) fn new(bounds: AggregateCache) -> Self {
        Self { bounds, remembered: Mutex::new(Remembered { all: LruCache::unbounded(), weight: 0 }) }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what is remembered of an aggregate.
    pub(super) fn take<A: Aggregate>(&self, key: &Key) -> Option<CachedState<A>> {
        if self.bounds.entries == 0 {
            return None;
        }
        let found = {
            let mut remembered = self.remembered();
            let found = remembered.all.pop(key);
            remembered.weight -= found.as_ref().map_or(0, |entry| entry.weight);
            found
        };
        count(found.is_some());
        found?.cached.downcast().ok().map(|cached| *cached)
    }

    /// Remembers it, and gives what had to go for it.
    pub(super) fn put<A: Aggregate>(&self, key: Key, cached: CachedState<A>) -> Forgotten {
        let weight = cached.weight();
        let entry = Entry { cached: Box::new(cached), weight };
        if self.bounds.entries == 0 || weight > self.bounds.weight {
            return Forgotten(vec![entry]);
        }
        let mut remembered = self.remembered();
        let mut forgotten = Vec::new();
        while remembered.all.len() >= self.bounds.entries || remembered.weight > self.bounds.weight - weight {
            let Some((_, oldest)) = remembered.all.pop_lru() else { break };
            remembered.weight -= oldest.weight;
            forgotten.push(oldest);
        }
        remembered.weight += weight;
        if let Some(former) = remembered.all.put(key, entry) {
            remembered.weight -= former.weight;
            forgotten.push(former);
        }
        Forgotten(forgotten)
    }
}

/// Whether the aggregate of a command was remembered.
fn count(is_hit: bool) {
    #[cfg(feature = "metrics")]
    {
        let result = if is_hit { "hit" } else { "miss" };
        metrics::counter!("eventsource_aggregate_cache_total", "result" => result).increment(1);
    }
    #[cfg(not(feature = "metrics"))]
    let _ = is_hit;
}
