//! What belongs to one aggregate while commands on it are in progress.

use std::mem;

use super::{
    pending::PendingAppends,
    state_slot::{StateLock, StateSlot},
    working_state::{CachedState, WorkingState},
};
use crate::{Aggregate, StreamId};

/// The command queue of one aggregate.
pub(in crate::commands) struct CommandQueue<A: Aggregate> {
    pub(in crate::commands) stream: StreamId,
    pub(super) state: StateLock<A>,
    pub(super) pending: PendingAppends,
}

impl<A: Aggregate> CommandQueue<A> {
    /// A queue that starts with the cached state, if there is one.
    pub(super) fn new(stream: StreamId, cached: Option<CachedState<A>>) -> Self {
        Self {
            stream,
            state: StateLock::new(cached.map(WorkingState::from)),
            pending: PendingAppends::default(),
        }
    }

    /// Applies the events that are stored by now, so that the state is cached with its weight. If the state is
    /// checked out, its holder does this anyway.
    pub(super) fn apply_stored(&self) {
        let mut slot = self.state.slot();
        *slot = match mem::replace(&mut *slot, StateSlot::Empty) {
            StateSlot::Loaded(working) => StateSlot::Loaded(working.with_stored(self.pending.status())),
            other => other,
        };
    }

    /// The state to cache when no command is in the queue.
    pub(super) fn into_cached(self) -> Option<CachedState<A>> {
        let status = self.pending.status();
        self.state.into_working_state()?.into_cached(status)
    }
}
