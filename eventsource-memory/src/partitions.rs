//! Workers and their leases on partitions.

use std::time::{Duration, Instant};

use super::generations::Projections;
use eventsource_core::{
    Position, Timestamp,
    store::{Claim, GenerationId, Lease, StopReason, Worker, WorkerId, rules::leases},
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
        self.generations.values_mut().for_each(|entry| leases::leave(worker, &mut entry.about));
    }

    pub(super) fn lives(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|beat| beat.lives(Instant::now()))
    }

    pub(super) fn application(&self, worker: WorkerId) -> Option<String> {
        self.workers.get(&worker).map(|beat| beat.worker.application.clone())
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Option<Lease> {
        let is_open = self.open.contains(&(claim.generation, claim.partition));
        let mut generation = self.find(claim.generation)?;
        let lease = leases::claim(claim, &mut generation, is_open)?;
        self.about_mut(claim.generation)?.checkpoints = generation.checkpoints;
        Some(lease)
    }

    /// The position from which the lease continues. From now on a transaction holds its partition.
    pub(super) fn open(&mut self, lease: &Lease) -> Option<Position> {
        let position = leases::begin(lease, self.about_mut(lease.generation)?)?;
        self.open.insert((lease.generation, lease.partition));
        Some(position)
    }

    pub(super) fn advance(&mut self, lease: &Lease, position: Position, events: u64) {
        if let Some(about) = self.about_mut(lease.generation) {
            leases::advance(lease, about, position, events, Timestamp::now());
        }
    }

    pub(super) fn release(&mut self, lease: &Lease) {
        if let Some(about) = self.about_mut(lease.generation) {
            leases::release(lease, about);
        }
    }

    pub(super) fn note_error(&mut self, lease: &Lease, error: Option<&str>) {
        if let Some(about) = self.about_mut(lease.generation) {
            leases::note_error(lease, about, error);
        }
    }

    pub(super) fn stop(&mut self, lease: &Lease, reason: &StopReason) {
        if let Some(about) = self.about_mut(lease.generation) {
            leases::stop(lease, about, reason, Timestamp::now());
        }
    }

    pub(super) fn resume(&mut self, generation: GenerationId) -> u64 {
        self.about_mut(generation).map_or(0, leases::resume)
    }
}
