//! A turn that is kept until what was decided in it is appended, for a decision on several aggregates at once.

use std::sync::Arc;

use super::{
    state_slot::StateGuard,
    working_state::{End, WorkingState},
};
use crate::{
    Aggregate, DecodeError, Version,
    source::{Inner, ReadError, queues::QueueHandle},
    store::{EventStore, NewEvent},
};

/// The turn, and what is known in it. Dropped without more, what is known is forgotten.
pub(in crate::source) struct Exclusive<A: Aggregate> {
    working: WorkingState<A>,
    /// The version before anything was decided in this turn.
    before: Version,
    guard: StateGuard<A>,
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for the turn, and until all that was decided before it is settled.
    pub(in crate::source) async fn wait<S: EventStore>(
        handle: QueueHandle<A>,
        source: &Arc<Inner<S>>,
    ) -> Result<Self, ReadError> {
        let arrival = handle.state.arrive();
        let take = || {
            let working = handle.state.slot().take(arrival)?;
            Some(working.map(|working| (StateGuard::from(&handle), working)))
        };
        let (mut guard, working) = handle.state.wait_for(take).await?;
        let status = handle.pending.idle().await;
        let working = guard.load(working, status, &source.store).await?;
        let before = working.version();
        Ok(Self { working, before, guard })
    }

    /// The version of the stream, which the append is to expect.
    pub(in crate::source) fn before(&self) -> Version {
        self.before
    }

    /// Whether the store was read in this turn, and nothing was decided since.
    pub(in crate::source) fn is_fresh(&self) -> bool {
        self.working.is_fresh(0)
    }

    /// The state after all that was decided in this turn.
    pub(in crate::source) fn state(&mut self) -> &A {
        self.working.apply_speculatively();
        self.working.state()
    }

    /// Takes note of what was decided. No snapshot is made: the next command on this aggregate alone makes one.
    pub(in crate::source) fn decided(&mut self, events: &[NewEvent]) -> Result<(), DecodeError> {
        self.working.decided(events).map(|_| ())
    }

    /// Ends the turn.
    pub(in crate::source) fn end(self, end: End) {
        let Self { working, guard, .. } = self;
        guard.put_back(working.after(end));
    }
}
