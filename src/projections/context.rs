//! The state that the tasks of one process share.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::{StoppedProjection, WorkerOptions, feed::Feed, outages::Outages};
use crate::{
    Position,
    projections::ProjectionEngine,
    store::{Lease, StopReason, StoreError, SupportedProjection, Worker, WorkerId},
};

pub(crate) struct WorkerContext<S> {
    pub(super) engine: Arc<ProjectionEngine<S>>,
    pub(super) options: WorkerOptions,
    /// Without what it supports, which depends on the generations.
    pub(super) worker: Worker,
    pub(super) feed: Feed,
    pub(super) outages: Outages,
    /// One permit per batch that may be applied concurrently.
    slots: Semaphore,
    /// One extra permit, for a generation that is being built next to a live one.
    spare_slot: Semaphore,
    stopped: watch::Sender<Vec<StoppedProjection>>,
}

/// The positions of the partitions of this process, which may be ahead of the checkpoints in the store, and a
/// signal of their changes.
#[derive(Default)]
pub(crate) struct Progress {
    partitions: Mutex<std::collections::HashMap<(crate::store::GenerationId, u32), Pace>>,
    horizon: Mutex<Position>,
    changed: watch::Sender<()>,
    /// Wakes the coordinator immediately.
    pub(crate) wake_coordinator: tokio::sync::Notify,
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

/// The interval over which a rate is measured.
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

    /// Records that the log is final up to this horizon.
    pub(super) fn saw(&self, horizon: Position) {
        let mut seen = self.engine.progress.horizon.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = horizon.max(*seen);
    }

    pub(super) fn progress(&self, lease: &Lease, position: Position, events: usize) {
        self.engine.progress.moved(lease, position, events as u64);
    }

    pub(super) fn forget(&self, lease: &Lease) {
        self.engine.progress.forget(lease);
    }

    pub(super) fn changed(&self) {
        self.engine.progress.changed();
    }

    pub(super) fn stopped(&self, name: &str, reason: &StopReason) {
        let stopped = StoppedProjection { name: name.to_owned(), reason: reason.clone() };
        self.stopped.send_modify(|all| all.push(stopped));
        self.changed();
    }
}

impl<S: crate::store::ProjectionStore> WorkerContext<S> {
    pub(super) fn new(engine: Arc<ProjectionEngine<S>>, options: WorkerOptions) -> Self {
        let options = options.clamped();
        let worker = Worker { id: WorkerId::new(), application: options.application(), supports: Vec::new() };
        let slots = Semaphore::new(options.batches.max(1));
        let spare_slot = Semaphore::new(1);
        Self {
            engine,
            options,
            worker,
            feed: Feed::new(),
            outages: Outages::default(),
            slots,
            spare_slot,
            stopped: watch::Sender::default(),
        }
    }

    /// Sends a heartbeat, with the projections that this process supports. Returns all live workers.
    pub(super) async fn announce(
        &self,
        supports: Vec<SupportedProjection>,
    ) -> Result<Vec<Worker>, StoreError> {
        let worker = Worker { supports, ..self.worker.clone() };
        self.engine.store.heartbeat(&worker, self.options.lease).await
    }

    /// Sends heartbeats until it is dropped. Their errors are left to the next regular one.
    pub(super) async fn keep_alive(&self, supports: Option<Vec<SupportedProjection>>) -> Infallible {
        loop {
            tokio::time::sleep(self.options.lease / 3).await;
            if let Some(supports) = &supports {
                let _ = self.announce(supports.clone()).await;
            }
        }
    }

    /// Waits for a permit to apply a batch; `None` if the workers are shutting down.
    ///
    /// Before a generation replaces the live one, the batches of the live one wait for it, and they hold permits
    /// meanwhile. So that the new generation can proceed, there is one extra permit for generations that are being
    /// built.
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
