//! Exclusive access to an aggregate until its append has an outcome, for commands on several aggregates at once.

use super::{
    guard::StateGuard,
    handle::QueueHandle,
    working_state::{End, WorkingState},
};
use crate::{
    Aggregate, DecodeError, ReadError, Version,
    store::{EventStore, NewEvent},
};

/// A checked-out state. If it is dropped without [`end`](Self::end), the state is discarded.
pub(in crate::commands) struct Exclusive<A: Aggregate> {
    working: WorkingState<A>,
    /// The version before the first command.
    before: Version,
    guard: StateGuard<A>,
}

/// Exclusive access to an aggregate whose state is not loaded yet.
pub(in crate::commands) struct Locked<A: Aggregate> {
    handle: QueueHandle<A>,
    working: Option<WorkingState<A>>,
    guard: StateGuard<A>,
}

impl<A: Aggregate> Locked<A> {
    /// Waits until all pending appends have an outcome, and loads the state if the present one is outdated.
    pub(in crate::commands) async fn load<S: EventStore + ?Sized>(
        self,
        store: &S,
    ) -> Result<Exclusive<A>, ReadError> {
        let Self { handle, working, mut guard } = self;
        let status = handle.pending.idle().await;
        let working = guard.load(working, status, store).await?;
        let before = working.version();
        Ok(Exclusive { working, before, guard })
    }
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for access.
    pub(in crate::commands) async fn lock(handle: QueueHandle<A>) -> Result<Locked<A>, ReadError> {
        let arrival = handle.state.arrive();
        let take = || {
            let working = handle.state.slot().take(arrival)?;
            Some(working.map(|working| (StateGuard::from(&handle), working)))
        };
        let (guard, working) = handle.state.wait_for(take).await?;
        Ok(Locked { handle, working, guard })
    }

    /// The version of the stream that the append must expect.
    pub(in crate::commands) fn before(&self) -> Version {
        self.before
    }

    /// Whether the store was read while access was held, and no command was handled since.
    pub(in crate::commands) fn is_fresh(&self) -> bool {
        self.working.is_fresh(0)
    }

    /// The state after all commands so far.
    pub(in crate::commands) fn state(&mut self) -> &A {
        self.working.apply_speculatively();
        self.working.state()
    }

    /// Records the events of a command. No snapshot is written: the next command on this aggregate alone writes one.
    pub(in crate::commands) fn decided(&mut self, events: &[NewEvent]) -> Result<(), DecodeError> {
        self.working.decided(events).map(|_| ())
    }

    /// Ends the access.
    pub(in crate::commands) fn end(self, end: End) {
        let Self { working, guard, .. } = self;
        guard.put_back(working.after(end));
    }
}
