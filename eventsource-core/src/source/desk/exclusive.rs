//! A turn that is kept until what was decided in it is appended, for a decision on several aggregates at once.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::known::{End, Known};
use crate::{
    Aggregate, DecodeError, Version,
    source::{Inner, ReadError, desks::Seat},
    store::{EventStore, NewEvent},
};

/// The turn, and what is known in it. Dropped without more, what is known is forgotten.
pub(in crate::source) struct Exclusive<A: Aggregate> {
    turn: OwnedMutexGuard<Option<Known<A>>>,
    known: Known<A>,
    /// The version before anything was decided in this turn.
    before: Version,
    /// Left after the turn has ended.
    _seat: Seat<A>,
}

impl<A: Aggregate> Exclusive<A> {
    /// Waits for the turn, and until all that was decided before it is settled.
    pub(in crate::source) async fn wait<S: EventStore>(
        seat: Seat<A>,
        source: &Arc<Inner<S>>,
    ) -> Result<Self, ReadError> {
        let mut turn = Arc::clone(&seat.turn).lock_owned().await;
        let standing = seat.outbox.idle().await;
        let known = Known::at(turn.take(), standing, &source.store, &seat.stream).await?;
        let before = known.version();
        Ok(Self { turn, known, before, _seat: seat })
    }

    /// The version of the stream, which the append is to expect.
    pub(in crate::source) fn before(&self) -> Version {
        self.before
    }

    /// Whether the store was read in this turn, and nothing was decided since.
    pub(in crate::source) fn is_fresh(&self) -> bool {
        self.known.is_fresh()
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
    pub(in crate::source) fn end(mut self, end: End) {
        *self.turn = self.known.after(end);
    }
}
