//! A state that is checked out of its slot, and how it comes back.

use std::{mem, sync::Arc};

use super::{handle::QueueHandle, pending::QueueStatus, state_slot::StateSlot, working_state::WorkingState};
use crate::{
    Aggregate, ReadError,
    store::{EventStore, StoreError},
};

/// Returns a checked-out state, or empties the slot if its holder panics or is dropped.
pub(super) struct StateGuard<A: Aggregate> {
    handle: QueueHandle<A>,
    to_return: StateSlot<A>,
}

impl<A: Aggregate> StateGuard<A> {
    /// For a caller that has checked out the state.
    pub(super) fn from(handle: &QueueHandle<A>) -> Self {
        Self { handle: handle.clone(), to_return: StateSlot::Empty }
    }

    /// The state for the next command, loaded if the present one is outdated.
    pub(super) async fn load<S: EventStore + ?Sized>(
        &mut self,
        working: Option<WorkingState<A>>,
        status: QueueStatus,
        store: &S,
    ) -> Result<WorkingState<A>, ReadError> {
        let last_arrival = self.handle.state.last_arrival();
        match WorkingState::at(working, status, store, &self.handle.stream).await {
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
        self.handle.state.put(mem::replace(&mut self.to_return, StateSlot::Empty));
    }
}
