//! The state that the tasks of one process share.

use std::{convert::Infallible, sync::Arc};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::{error::StoppedProjection, feed::Feed, options::WorkerOptions, outages::Outages};
use crate::{
    Position,
    projections::engine::ProjectionEngine,
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

impl<S> WorkerContext<S> {
    pub(super) fn subscribe_stopped(&self) -> watch::Receiver<Vec<StoppedProjection>> {
        self.stopped.subscribe()
    }

    /// Records that the log is final up to this horizon.
    pub(super) fn saw(&self, horizon: Position) {
        self.engine.progress.saw(horizon);
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
        let worker =
            Worker { id: WorkerId::new(), application: options.application_name(), supports: Vec::new() };
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
