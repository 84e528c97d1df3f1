//! Aggregates: state folded from one stream.

use std::fmt;

use crate::{Event, SnapshotCodec};

/// State that is folded from the events of one stream, and decides commands. Derived:
/// `#[aggregate(event = AccountEvent, id = AccountId)]`.
///
/// `Default` is the state of an empty stream. The bounds are those of everything that may happen to a state:
/// it is sent between tasks and outlives the call that made it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "write `#[derive(Default, Aggregate)]` and `#[aggregate(event = …, id = …)]` on the state"
)]
pub trait Aggregate: Default + Send + Sync + 'static + Apply<<Self as Aggregate>::Event> {
    /// The events of the aggregate's stream. Their category is the stream's.
    type Event: Event;
    /// What names one instance; `str` for a plain text. Its `Display` is the id of the stream, so two ids must never be written alike.
    type Id: fmt::Display + Send + Sync + ?Sized;

    /// How and how often the state is kept as a snapshot; `None` never.
    #[must_use]
    fn snapshots() -> Option<SnapshotCodec<Self>> {
        None
    }

    /// What the state weighs in the cache of aggregates, in a unit of the application's choice: bytes, lines of an
    /// order. `#[aggregate(weight = path::to::function)]` says so; otherwise each weighs 1.
    #[must_use]
    fn weight(&self) -> usize {
        1
    }
}

/// How an event changes a state. It cannot fail: the event has happened.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how `{E}` changes it",
    label = "`Apply` is missing",
    note = "write `impl Apply<{E}> for {Self} {{ fn apply(&mut self, event: {E}) {{ … }} }}`"
)]
pub trait Apply<E> {
    /// Changes the state to what it is after the event.
    fn apply(&mut self, event: E);
}
