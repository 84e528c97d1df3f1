//! The state that the projections of a store share in this process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use eventsource_core::store::{Generation, GenerationId, Heartbeat, Liveness, WorkerId};

use crate::connections::Flush;

/// The state that the projections of one store share in this process.
#[derive(Debug, Default)]
pub(crate) struct ProjectionsState {
    /// Held while a projection waits for or uses the connection that writes, so that only one of them is queued for it.
    pub(super) lock: Arc<tokio::sync::Mutex<()>>,
    /// Building generations that were found to write with SQL statements of their own.
    pub(super) by_name: Mutex<HashSet<GenerationId>>,
    /// Whether a generation has effects outside the store, for the generations where this is known.
    pub(super) outside_effects: Mutex<HashMap<GenerationId, bool>>,
    /// Which workers are alive.
    pub(super) liveness: Liveness,
    /// Workers that wait for the connection that writes, to record a heartbeat.
    pub(super) pending_heartbeats: Mutex<Vec<WorkerId>>,
    /// The last position that was announced.
    pub(super) announced: AtomicU64,
}

impl ProjectionsState {
    pub(super) fn mark_by_name(&self, generation: GenerationId) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).insert(generation);
    }

    pub(super) fn note_reach(&self, generation: GenerationId, outside: bool) {
        self.outside_effects.lock().unwrap_or_else(PoisonError::into_inner).insert(generation, outside);
    }

    /// Rows and checkpoint commit together, and after the events that they are folded from: a loss of power can only
    /// lose both, and then the events are applied again. Effects outside the store must not be repeated needlessly, so
    /// their commits wait for the disk.
    pub(super) fn flush(&self, generation: GenerationId) -> Flush {
        let known = self.outside_effects.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&generation) {
            Some(false) => Flush::Later,
            Some(true) | None => Flush::AsConfigured,
        }
    }

    pub(super) fn is_by_name(&self, generation: GenerationId) -> bool {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).contains(&generation)
    }
}

/// A worker that waits to record its heartbeat counts as alive.
pub(super) struct PendingHeartbeat<'a>(&'a ProjectionsState, WorkerId);

impl Drop for PendingHeartbeat<'_> {
    fn drop(&mut self) {
        let mut pending_heartbeats = self.0.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = pending_heartbeats.iter().position(|worker| *worker == self.1) {
            pending_heartbeats.swap_remove(at);
        }
    }
}

impl ProjectionsState {
    pub(super) fn pend_heartbeat(&self, worker: WorkerId) -> PendingHeartbeat<'_> {
        self.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        PendingHeartbeat(self, worker)
    }

    pub(super) fn lives(&self, worker: WorkerId) -> bool {
        self.has_pending_heartbeat(worker) || self.liveness.lives(worker)
    }

    /// As [`Liveness::judge`].
    pub(super) fn judge(&self, generations: &mut [Generation], heartbeats: &[Heartbeat]) {
        self.liveness.judge(generations, heartbeats);
        for checkpoint in generations.iter_mut().flat_map(|generation| &mut generation.checkpoints) {
            checkpoint.owner_lives |= checkpoint.owner.is_some_and(|owner| self.has_pending_heartbeat(owner));
        }
    }

    /// The dead workers, each with the count of its last heartbeat.
    pub(super) fn dead(&self) -> Vec<(WorkerId, u64)> {
        let dead = self.liveness.dead().into_iter();
        dead.filter(|(worker, _)| !self.has_pending_heartbeat(*worker)).collect()
    }

    pub(super) fn has_pending_heartbeat(&self, worker: WorkerId) -> bool {
        self.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner).contains(&worker)
    }
}
