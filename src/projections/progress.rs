//! How far the partitions of this process are.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

use crate::{
    Position,
    store::{GenerationId, Lease},
};

/// The positions of the partitions of this process, which may be ahead of the checkpoints in the store, and a
/// signal of their changes.
#[derive(Default)]
pub(crate) struct Progress {
    partitions: Mutex<HashMap<(GenerationId, u32), Pace>>,
    horizon: Mutex<Position>,
    changed: watch::Sender<()>,
    /// Wakes the coordinator immediately.
    pub(crate) wake_coordinator: Notify,
}

/// The position and the rate of a partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) epoch: u64,
    pub(crate) position: Position,
    /// Events per second, over the last seconds.
    pub(crate) rate: f64,
    counted: u64,
    since: Instant,
}

/// The epochs and positions of partitions.
pub(crate) type Positions = HashMap<(GenerationId, u32), (u64, Position)>;

/// The interval over which a rate is measured.
const RATE: Duration = Duration::from_secs(2);

impl Progress {
    fn partitions(&self) -> MutexGuard<'_, HashMap<(GenerationId, u32), Pace>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pace of a partition that this process holds.
    pub(crate) fn pace(&self, generation: GenerationId, partition: u32) -> Option<Pace> {
        self.partitions().get(&(generation, partition)).copied()
    }

    /// The epochs and positions of the partitions that this process holds.
    pub(crate) fn positions(&self) -> Positions {
        self.partitions().iter().map(|(partition, pace)| (*partition, (pace.epoch, pace.position))).collect()
    }

    pub(crate) fn horizon(&self) -> Position {
        *self.horizon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn changed(&self) {
        self.changed.send_replace(());
    }

    /// Records that the log is final up to this horizon.
    pub(super) fn saw(&self, horizon: Position) {
        let mut seen = self.horizon.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = horizon.max(*seen);
    }

    pub(super) fn moved(&self, lease: &Lease, position: Position, events: u64) {
        let now = Instant::now();
        let mut partitions = self.partitions();
        let fresh = Pace { epoch: lease.epoch, position, rate: 0.0, counted: 0, since: now };
        let pace = partitions.entry((lease.generation, lease.partition)).or_insert(fresh);
        if pace.epoch != lease.epoch {
            *pace = fresh;
        }
        pace.position = position;
        pace.counted += events;
        let over = now.duration_since(pace.since);
        if over >= RATE {
            #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
            let counted = pace.counted as f64;
            pace.rate = counted / over.as_secs_f64();
            pace.counted = 0;
            pace.since = now;
        }
        drop(partitions);
        self.changed();
    }

    pub(super) fn forget(&self, lease: &Lease) {
        self.partitions().remove(&(lease.generation, lease.partition));
    }
}

#[cfg(test)]
mod tests;
