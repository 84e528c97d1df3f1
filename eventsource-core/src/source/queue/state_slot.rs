//! Whose turn it is.
//!
//! A turn is taken and given back within one poll of a caller; whatever takes longer, as loading does, is done by a
//! task of its own meanwhile. A caller who is not polled for a while, in a branch of `select!` or a buffer of futures,
//! is in nobody's way.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::{pending::QueueStatus, working_state::WorkingState};
use crate::{
    Aggregate,
    source::{ReadError, queues::QueueHandle},
    store::{EventStore, StoreError},
};

pub(super) struct StateLock<A: Aggregate> {
    slot: Mutex<StateSlot<A>>,
    /// Told when what was away is back.
    returned: Notify,
    /// How many commands have come so far.
    arrivals: AtomicU64,
}

/// What is known of the aggregate.
pub(super) enum StateSlot<A: Aggregate> {
    Loaded(WorkingState<A>),
    /// Nothing yet, or not any more.
    Empty,
    /// Neither, and the last look was in vain: the commands up to this one are told why. Each would otherwise wait for
    /// those before it to find the store away, and then as long for itself.
    Failed(u64, Arc<StoreError>),
    /// Somebody loads it, or keeps it.
    CheckedOut,
}

impl<A: Aggregate> StateLock<A> {
    pub(super) fn new(working: Option<WorkingState<A>>) -> Self {
        let slot = Mutex::new(working.map_or(StateSlot::Empty, StateSlot::Loaded));
        Self { slot, returned: Notify::new(), arrivals: AtomicU64::new(0) }
    }

    /// Nobody waits under this lock, or panics but in code of the domain, for which what is known was taken out.
    pub(super) fn slot(&self) -> MutexGuard<'_, StateSlot<A>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_working_state(self) -> Option<WorkingState<A>> {
        match self.slot.into_inner().unwrap_or_else(PoisonError::into_inner) {
            StateSlot::Loaded(working) => Some(working),
            StateSlot::Empty | StateSlot::Failed(..) | StateSlot::CheckedOut => None,
        }
    }

    /// The number of a command that comes now.
    pub(super) fn arrive(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of the last command that has come.
    pub(super) fn last_arrival(&self) -> u64 {
        self.arrivals.load(Ordering::SeqCst)
    }

    /// Waits until `take` gets something. It is asked again each time that what was away is back.
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
    /// Takes away what is here for the command of this number, unless it is away already.
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

/// Brings back what was taken away, or else leaves it unknown, also if whoever has it panics or goes away.
pub(super) struct StateGuard<A: Aggregate> {
    handle: QueueHandle<A>,
    to_return: StateSlot<A>,
}

impl<A: Aggregate> StateGuard<A> {
    /// For one who has taken it.
    pub(super) fn from(handle: &QueueHandle<A>) -> Self {
        Self { handle: handle.clone(), to_return: StateSlot::Empty }
    }

    /// What is to be decided on next, loaded if what was known is too old.
    pub(super) async fn load<S: EventStore>(
        &mut self,
        working: Option<WorkingState<A>>,
        status: QueueStatus,
        store: &S,
    ) -> Result<WorkingState<A>, ReadError> {
        let last_arrival = self.handle.state.last_arrival();
        match WorkingState::at(working, status, store, self.handle.stream()).await {
            Ok(working) => Ok(working.read_through(last_arrival)),
            Err(ReadError::Store(error)) => {
                let error = Arc::new(error);
                self.to_return = StateSlot::Failed(last_arrival, Arc::clone(&error));
                Err(StoreError::shared(&error).into())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn put_back(mut self, working: Option<WorkingState<A>>) {
        self.to_return = working.map_or(StateSlot::Empty, StateSlot::Loaded);
    }
}

impl<A: Aggregate> Drop for StateGuard<A> {
    fn drop(&mut self) {
        let state = &self.handle.state;
        *state.slot() = mem::replace(&mut self.to_return, StateSlot::Empty);
        state.returned.notify_waiters();
    }
}
