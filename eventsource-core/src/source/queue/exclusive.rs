//! A turn that is kept until what was decided in it is appended, for a decision on several aggregates at once.

use std::sync::Arc;

use super::{
    state_slot::Away,
    working_state::{End, Known},
};
use crate::{
    Aggregate, DecodeError, Version,
    source::{Inner, ReadError, queues::Seat},
    store::{EventStore, NewEvent},
};

/// The turn, and what is known in it. Dropped without more, what is known is forgotten.
pub(in crate::source) struct Exclusive<A: Aggregate> {
    known: Known<A>,
    /// The version before anything was decided in this turn.
    before: Version,
    turn: Away<A>,
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for the turn, and until all that was decided before it is settled.
    pub(in crate::source) async fn wait<S: EventStore>(
        seat: Seat<A>,
        source: &Arc<Inner<S>>,
    ) -> Result<Self, ReadError> {
        let arrival = seat.turn.arrive();
        let take = || {
            let known = seat.turn.place().take(arrival)?;
            Some(known.map(|known| (Away::from(&seat), known)))
        };
        let (mut turn, known) = seat.turn.wait_for(take).await?;
        let standing = seat.outbox.idle().await;
        let known = turn.load(known, standing, &source.store).await?;
        let before = known.version();
        Ok(Self { known, before, turn })
    }

    /// The version of the stream, which the append is to expect.
    pub(in crate::source) fn before(&self) -> Version {
        self.before
    }

    /// Whether the store was read in this turn, and nothing was decided since.
    pub(in crate::source) fn is_fresh(&self) -> bool {
        self.known.is_fresh(0)
    }

    /// The state after all that was decided in this turn.
    pub(in crate::source) fn state(&mut self) -> &A {
        self.known.go_on();
        self.known.state()
    }

    /// Takes note of what was decided. No snapshot is made: the next command on this aggregate alone makes one.
    pub(in crate::source) fn decided(&mut self, events: &[NewEvent]) -> Result<(), DecodeError> {
        self.known.decided(events).map(|_| ())
    }

    /// Ends the turn.
    pub(in crate::source) fn end(self, end: End) {
        let Self { known, turn, .. } = self;
        turn.bring_back(known.after(end));
    }
}
