//! Workers and their leases on partitions.

use std::time::{Duration, Instant};

use super::generations::Projections;
use eventsource_core::{
    Position, Timestamp,
    store::{Checkpoint, GenerationId, GenerationState, Lease, StopReason, Stopped, Worker, WorkerId},
};

/// A worker and the time when its lease expires; `None` if that time cannot be represented.
#[derive(Debug)]
pub(super) struct Heartbeat {
    worker: Worker,
    until: Option<Instant>,
}

impl Heartbeat {
    fn lives(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Projections {
    pub(super) fn beat(&mut self, worker: &Worker, lease: Duration) -> Vec<Worker> {
        let now = Instant::now();
        let beat = Heartbeat { worker: worker.clone(), until: now.checked_add(lease) };
        self.workers.insert(worker.id, beat);
        self.workers.retain(|_, beat| beat.lives(now));
        self.workers.values().map(|beat| beat.worker.clone()).collect()
    }

    pub(super) fn leave(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
        for entry in self.generations.values_mut() {
            let held = entry.about.checkpoints.iter_mut().filter(|it| it.owner == Some(worker));
            held.for_each(|checkpoint| checkpoint.owner = None);
        }
    }

    pub(super) fn lives(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|beat| beat.lives(Instant::now()))
    }

    pub(super) fn application(&self, worker: WorkerId) -> Option<String> {
        self.workers.get(&worker).map(|beat| beat.worker.application.clone())
    }

    pub(super) fn claim(
        &mut self,
        generation: GenerationId,
        partition: u32,
        worker: WorkerId,
    ) -> Option<Lease> {
        if self.open.contains(&(generation, partition)) {
            return None;
        }
        let owner = self.checkpoint_mut(generation, partition)?.owner;
        if owner.is_some_and(|owner| owner != worker && self.lives(owner)) {
            return None;
        }
        if self.generations.get(&generation)?.about.state == GenerationState::Retired {
            return None;
        }
        let checkpoint = self.checkpoint_mut(generation, partition)?;
        if checkpoint.stopped.is_some() {
            return None;
        }
        checkpoint.owner = Some(worker);
        checkpoint.epoch += 1;
        Some(Lease { generation, partition, epoch: checkpoint.epoch, worker })
    }

    pub(super) fn claim_stopped(
        &mut self,
        generation: GenerationId,
        partition: u32,
        epoch: u64,
        worker: WorkerId,
    ) -> Option<Lease> {
        if self.open.contains(&(generation, partition))
            || self.generations.get(&generation)?.about.state == GenerationState::Retired
        {
            return None;
        }
        let checkpoint = self.checkpoint_mut(generation, partition)?;
        if checkpoint.stopped.is_none() || checkpoint.epoch != epoch {
            return None;
        }
        checkpoint.stopped = None;
        checkpoint.owner = Some(worker);
        checkpoint.epoch += 1;
        Some(Lease { generation, partition, epoch: checkpoint.epoch, worker })
    }

    /// The checkpoint of a lease, unless the lease is lost.
    pub(super) fn held(&mut self, lease: &Lease) -> Option<&mut Checkpoint> {
        self.checkpoint_mut(lease.generation, lease.partition)
            .filter(|it| it.epoch == lease.epoch && it.owner == Some(lease.worker))
    }

    /// The position from which the lease continues. From now on a transaction holds its partition.
    pub(super) fn open(&mut self, lease: &Lease) -> Option<Position> {
        let about = &self.generations.get(&lease.generation)?.about;
        if about.inline || about.state == GenerationState::Retired {
            return None;
        }
        let position = self.held(lease).filter(|checkpoint| checkpoint.stopped.is_none())?.position;
        self.open.insert((lease.generation, lease.partition));
        Some(position)
    }

    pub(super) fn advance(&mut self, lease: &Lease, position: Position, events: u64) {
        if let Some(checkpoint) = self.held(lease) {
            checkpoint.position = position;
            checkpoint.events += events;
            checkpoint.last_error = None;
            checkpoint.updated_at = Timestamp::now();
        }
    }

    pub(super) fn release(&mut self, lease: &Lease) {
        if let Some(checkpoint) = self.held(lease) {
            checkpoint.owner = None;
        }
    }

    pub(super) fn note_error(&mut self, lease: &Lease, error: Option<&str>) {
        if let Some(checkpoint) = self.held(lease) {
            checkpoint.last_error = error.map(str::to_owned);
        }
    }

    pub(super) fn stop(&mut self, lease: &Lease, reason: &StopReason) {
        if let Some(checkpoint) = self.held(lease) {
            checkpoint.stopped = Some(Stopped { reason: reason.clone(), at: Timestamp::now() });
        }
    }

    pub(super) fn resume(&mut self, generation: GenerationId) -> u64 {
        let Some(entry) = self.generations.get_mut(&generation) else { return 0 };
        let stopped = entry.about.checkpoints.iter_mut().filter_map(|checkpoint| checkpoint.stopped.take());
        stopped.count() as u64
    }

    fn checkpoint_mut(&mut self, generation: GenerationId, partition: u32) -> Option<&mut Checkpoint> {
        let checkpoints = &mut self.generations.get_mut(&generation)?.about.checkpoints;
        checkpoints.get_mut(usize::try_from(partition).ok()?)
    }
}
