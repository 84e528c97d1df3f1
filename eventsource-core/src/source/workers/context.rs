//! What the tasks of one process share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::{StoppedProjection, WorkerOptions, feed::Feed};
use crate::{
    Position,
    source::Inner,
    store::{Lease, StopReason, Worker, WorkerId},
};

pub(crate) struct WorkerContext<S> {
    pub(super) source: Arc<Inner<S>>,
    pub(super) options: WorkerOptions,
    pub(super) worker: Worker,
    pub(super) feed: Feed,
    /// How many batches may be applied at a time.
    slots: Semaphore,
    /// One more, for what is being made beside a live one.
    spare_slot: Semaphore,
    stopped: watch::Sender<Vec<StoppedProjection>>,
}

/// How far the partitions of this process are, ahead of what the store knows; and that something changed.
#[derive(Default)]
pub(crate) struct Progress {
    partitions: Mutex<std::collections::HashMap<(crate::store::GenerationId, u32), Pace>>,
    horizon: Mutex<Position>,
    changed: watch::Sender<()>,
    /// The coordinator is to look around at once.
    pub(crate) look: tokio::sync::Notify,
}

/// How far a partition is, and how fast it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) epoch: u64,
    pub(crate) position: Position,
    /// Events per second, over the last seconds.
    pub(crate) rate: f64,
    counted: u64,
    since: Instant,
}

/// Over how long a rate is taken.
const RATE: Duration = Duration::from_secs(2);

impl Progress {
    fn partitions(
        &self,
    ) -> MutexGuard<'_, std::collections::HashMap<(crate::store::GenerationId, u32), Pace>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pace of a partition that this process holds.
    pub(crate) fn pace(&self, generation: crate::store::GenerationId, partition: u32) -> Option<Pace> {
        self.partitions().get(&(generation, partition)).copied()
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

    fn moved(&self, lease: &Lease, position: Position, events: u64) {
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

    fn forget(&self, lease: &Lease) {
        self.partitions().remove(&(lease.generation, lease.partition));
    }
}

impl<S> WorkerContext<S> {
    pub(super) fn subscribe_stopped(&self) -> watch::Receiver<Vec<StoppedProjection>> {
        self.stopped.subscribe()
    }

    /// The log is settled up to here.
    pub(super) fn saw(&self, horizon: Position) {
        let mut seen = self.source.progress.horizon.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = horizon.max(*seen);
    }

    pub(super) fn progress(&self, lease: &Lease, position: Position, events: usize) {
        self.source.progress.moved(lease, position, events as u64);
    }

    pub(super) fn forget(&self, lease: &Lease) {
        self.source.progress.forget(lease);
    }

    pub(super) fn changed(&self) {
        self.source.progress.changed();
    }

    pub(super) fn stopped(&self, name: &str, reason: &StopReason) {
        let stopped = StoppedProjection { name: name.to_owned(), reason: reason.clone() };
        self.stopped.send_modify(|all| all.push(stopped));
        self.changed();
    }
}

impl<S: crate::store::ProjectionStore> WorkerContext<S> {
    pub(super) fn new(source: Arc<Inner<S>>, options: WorkerOptions) -> Self {
        let options = options.clamped();
        let supports = source.consumers.iter().map(|it| crate::source::consumer::supported(it.definition()));
        let worker =
            Worker { id: WorkerId::new(), application: options.application(), supports: supports.collect() };
        let slots = Semaphore::new(options.batches.max(1));
        let spare_slot = Semaphore::new(1);
        Self {
            source,
            options,
            worker,
            feed: Feed::new(),
            slots,
            spare_slot,
            stopped: watch::Sender::default(),
        }
    }

    /// A place among the batches that are applied at a time; `None` if the workers end.
    ///
    /// Before a generation takes the place of the live one, the live one's batches wait for it, in their places.
    /// For it to get there one more is kept that is only for those that are being made.
    pub(super) async fn slot(&self, building: bool) -> Option<SemaphorePermit<'_>> {
        let slot = self.slots.acquire();
        let acquired = match building {
            false => slot.await,
            true => tokio::select! {
                biased;
                slot = slot => slot,
                spare = self.spare_slot.acquire() => spare,
            },
        };
        acquired.ok()
    }
}

#[cfg(test)]
mod tests;
