//! Exclusive access to an aggregate until its append has an outcome, for commands on several aggregates at once.

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

/// A checked-out state. If it is dropped without [`end`](Self::end), the state is discarded.
pub(in crate::source) struct Exclusive<A: Aggregate> {
    working: WorkingState<A>,
    /// The version before the first command.
    before: Version,
    guard: StateGuard<A>,
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for access, and until all pending appends have an outcome.
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

    /// The version of the stream that the append must expect.
    pub(in crate::source) fn before(&self) -> Version {
        self.before
    }

    /// Whether the store was read while access was held, and no command was handled since.
    pub(in crate::source) fn is_fresh(&self) -> bool {
        self.working.is_fresh(0)
    }

    /// The state after all commands so far.
    pub(in crate::source) fn state(&mut self) -> &A {
        self.working.apply_speculatively();
        self.working.state()
    }

    /// Records the events of a command. No snapshot is written: the next command on this aggregate alone writes one.
    pub(in crate::source) fn decided(&mut self, events: &[NewEvent]) -> Result<(), DecodeError> {
        self.working.decided(events).map(|_| ())
    }

    /// Ends the access.
    pub(in crate::source) fn end(self, end: End) {
        let Self { working, guard, .. } = self;
        guard.put_back(working.after(end));
    }
}
