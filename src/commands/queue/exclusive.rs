//! Exclusive access to an aggregate until its append has an outcome, for commands on several aggregates at once.

use std::sync::Arc;

use super::{
    guard::StateGuard,
    handle::QueueHandle,
    working_state::{End, WorkingState},
};
use crate::{
    Aggregate, DecodeError, ReadError, Version,
    commands::engine::CommandEngine,
    store::{EventStore, NewEvent},
};

/// A checked-out state. If it is dropped without [`end`](Self::end), the state is discarded.
pub(in crate::commands) struct Exclusive<A: Aggregate> {
    working: WorkingState<A>,
    /// The version before the first command.
    before: Version,
    guard: StateGuard<A>,
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for access, and until all pending appends have an outcome.
    pub(in crate::commands) async fn wait<S: EventStore>(
        handle: QueueHandle<A>,
        engine: &Arc<CommandEngine<S>>,
    ) -> Result<Self, ReadError> {
        let arrival = handle.state.arrive();
        let take = || {
            let working = handle.state.slot().take(arrival)?;
            Some(working.map(|working| (StateGuard::from(&handle), working)))
        };
        let (mut guard, working) = handle.state.wait_for(take).await?;
        let status = handle.pending.idle().await;
        let working = guard.load(working, status, &engine.store).await?;
        let before = working.version();
        Ok(Self { working, before, guard })
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
