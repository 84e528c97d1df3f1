//! Signals from the coordinator to a runner.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::Notify;

use crate::{Position, store::Generation};

/// Signals from the coordinator to a runner.
#[derive(Default)]
pub(in crate::projections) struct RunnerControl {
    pub(super) notify: Notify,
    /// The last seen generation, if it may be promoted.
    promotable: Mutex<Option<Generation>>,
    pub(super) fell_back: AtomicBool,
    building: AtomicBool,
    /// The last checkpoint that the runner stored.
    pub(super) checkpoint: AtomicU64,
}

impl RunnerControl {
    pub(in crate::projections) fn retry_parked(&self) {
        self.notify.notify_one();
    }

    /// Called at every tick of the coordinator: when a program without the projection starts, it is no longer
    /// promotable.
    pub(in crate::projections) fn may_promote(&self, promotable: Option<&Generation>) {
        *self.promotable.lock().unwrap_or_else(PoisonError::into_inner) = promotable.cloned();
        if promotable.is_some() {
            self.notify.notify_one();
        }
    }

    pub(in crate::projections) fn promotable(&self) -> Option<Generation> {
        self.promotable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets whether the generation is being built. It may become live while it is processed.
    pub(in crate::projections) fn building(&self, building: bool) {
        self.building.store(building, Ordering::Release);
    }

    pub(in crate::projections) fn is_building(&self) -> bool {
        self.building.load(Ordering::Acquire)
    }

    pub(in crate::projections) fn checkpoint(&self) -> Position {
        Position::new(self.checkpoint.load(Ordering::Acquire))
    }

    /// The checkpoint in the store is lower than the runner left it.
    pub(in crate::projections) fn fell_back(&self) {
        self.fell_back.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}
