//! Exclusive access to the in-memory state of an aggregate.
//!
//! Access is taken and given back within one poll of a caller; longer work, such as loading, runs on a separate
//! task. So a caller that is not polled for a while, in a branch of `select!` or a buffer of futures, blocks no
//! other caller.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::working_state::WorkingState;
use crate::{Aggregate, store::StoreError};

pub(super) struct StateLock<A: Aggregate> {
    slot: Mutex<StateSlot<A>>,
    /// Notified when a checked-out state is returned.
    returned: Notify,
    /// How many commands have arrived so far.
    arrivals: AtomicU64,
}

/// The state, or why it is not here.
pub(super) enum StateSlot<A: Aggregate> {
    Loaded(WorkingState<A>),
    /// Not loaded yet, or discarded.
    Empty,
    /// Loading failed: the commands up to this number get the same error. Otherwise each command would wait for
    /// its predecessors to fail, and then run into the same timeout itself.
    Failed(u64, Arc<StoreError>),
    /// A caller is loading it, or holds it.
    CheckedOut,
}

impl<A: Aggregate> StateLock<A> {
    pub(super) fn new(working: Option<WorkingState<A>>) -> Self {
        let slot = Mutex::new(working.map_or(StateSlot::Empty, StateSlot::Loaded));
        Self { slot, returned: Notify::new(), arrivals: AtomicU64::new(0) }
    }

    /// No caller awaits under this lock. Only code of the domain may panic under it, and the state is taken out
    /// before that code runs.
    pub(super) fn slot(&self) -> MutexGuard<'_, StateSlot<A>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a checked-out state.
    pub(super) fn put(&self, state: StateSlot<A>) {
        *self.slot() = state;
        self.returned.notify_waiters();
    }

    pub(super) fn into_working_state(self) -> Option<WorkingState<A>> {
        match self.slot.into_inner().unwrap_or_else(PoisonError::into_inner) {
            StateSlot::Loaded(working) => Some(working),
            StateSlot::Empty | StateSlot::Failed(..) | StateSlot::CheckedOut => None,
        }
    }

    /// The number of a command that arrives now.
    pub(super) fn arrive(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of the last command that has arrived.
    pub(super) fn last_arrival(&self) -> u64 {
        self.arrivals.load(Ordering::SeqCst)
    }

    /// Waits until `take` returns something. It is called again each time a checked-out state is returned.
    pub(super) async fn wait_for<T>(&self, mut take: impl FnMut() -> Option<T>) -> T {
        loop {
            let returned = self.returned.notified();
            if let Some(taken) = take() {
                return taken;
            }
            returned.await;
        }
    }
}

impl<A: Aggregate> StateSlot<A> {
    /// Checks out the state for the command of this number; `None` if it is checked out already.
    pub(super) fn take(&mut self, arrival: u64) -> Option<Result<Option<WorkingState<A>>, StoreError>> {
        if let Self::Failed(last_arrival, error) = self
            && arrival <= *last_arrival
        {
            return Some(Err(StoreError::shared(error)));
        }
        match mem::replace(self, Self::CheckedOut) {
            Self::Loaded(working) => Some(Ok(Some(working))),
            Self::Empty | Self::Failed(..) => Some(Ok(None)),
            Self::CheckedOut => None,
        }
    }
}
