//! Aggregates: state folded from one stream.

use std::fmt;

use crate::{Event, SnapshotCodec};

/// State that is folded from the events of one stream and handles commands. Derived: `#[aggregate(event =
/// AccountEvent, id = AccountId)]`.
///
/// `Default` is the state of an empty stream. The bounds cover every use of a state: it is sent between tasks and
/// outlives the call that created it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "write `#[derive(Default, Aggregate)]` and `#[aggregate(event = …, id = …)]` on the state"
)]
pub trait Aggregate: Default + Send + Sync + 'static + Apply<<Self as Aggregate>::Event> {
    /// The events of the aggregate's stream. Their category is the stream's.
    type Event: Event;
    /// The type of the id; `str` for a plain text. Its `Display` is the id of the stream, so no two ids may have the
    /// same text.
    type Id: fmt::Display + Send + Sync + ?Sized;

    /// How and how often snapshots of the state are stored; `None` for never.
    #[must_use]
    fn snapshots() -> Option<SnapshotCodec<Self>> {
        None
    }

    /// The weight of the state in the aggregate cache, in a unit of the application's choice: bytes, lines of an
    /// order. `#[aggregate(weight = path::to::function)]` sets it; the default is 1.
    #[must_use]
    fn weight(&self) -> usize {
        1
    }
}

/// How an event changes a state. It cannot fail, because the event has happened.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how `{E}` changes it",
    label = "`Apply` is missing",
    note = "write `impl Apply<{E}> for {Self} {{ fn apply(&mut self, event: {E}) {{ … }} }}`"
)]
pub trait Apply<E> {
    /// Applies the event to the state.
    fn apply(&mut self, event: E);
}
