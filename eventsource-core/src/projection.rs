//! What an application writes to keep read models: projections, rows folded from events, and handlers that
//! reach outside.

mod error;
mod failure;
mod fold;
mod handler;
mod keep;
pub(crate) mod key;
mod read_model;
mod rows;
mod times;

use std::borrow::Cow;

use async_trait::async_trait;

pub use error::ProjectionError;
pub use failure::{FailurePolicy, OnFailure};
pub use handler::{Delivery, EventHandler};
pub use key::{FoldError, RowKeyError};
pub use read_model::{Change, Fold, ReadModel, ReadModelProjection};
pub use rows::Rows;

use crate::{
    EventSet, Recorded,
    store::{GenerationId, ProjectionStore},
};

/// A consumer of the log that maintains a read model with statements of its own.
///
/// What it writes and how far it is commit in one transaction, so every event counts once. It may be given an
/// event again only after a transaction that did not commit: it must do nothing but write through the
/// transaction. What reaches outside is an [`EventHandler`].
///
/// For keyed rows that are folded from events, derive [`ReadModel`] instead.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection into `{S}`",
    label = "not a projection into this store",
    note = "implement `Projection<{S}>`, or derive `ReadModel` and pass `{Self}::projection()`",
    note = "an `EventHandler` reaches outside the store: register it with `handler`; it is never inline and never rebuilt"
)]
pub trait Projection<S: ProjectionStore>: Send + Sync + 'static {
    /// The events it is given.
    type Event: EventSet;

    /// Its name, under which its progress is kept.
    const NAME: &'static str;

    /// The version of what it makes, from 1. A higher one is built beside the live one when a program that has
    /// it starts, and then takes its place.
    const VERSION: u32 = 1;

    /// How many partitions it has: events of one key are applied in order, partitions in parallel. A change
    /// takes effect with the next rebuild.
    const PARTITIONS: u32 = 1;

    /// What the event is partitioned by: all events of one key are applied in order, by one worker. By default
    /// its stream. An event without a key is not applied.
    fn key<'a>(&self, event: &'a Recorded<Self::Event>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(event.stream.to_string()))
    }

    /// Makes the tables. Called once for each generation, and again for a rebuild, when tables without a schema
    /// in their name are made beside the live ones.
    ///
    /// # Errors
    ///
    /// Whatever the store says; the generation is then not made.
    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        let _ = transaction;
        Ok(())
    }

    /// Applies events, in the order of the log: one at the head, thousands when catching up.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; the transaction is rolled back, and [`on_failure`](Self::on_failure) says what
    /// happens next.
    async fn apply(
        &self,
        events: &[Recorded<Self::Event>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>;

    /// What happens when applying fails.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }

    /// Looks whether the tables that an earlier program made still are what this one needs.
    #[doc(hidden)]
    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError> {
        let _ = (store, generation);
        Ok(())
    }

    /// What is kept between batches while a partition is held.
    #[doc(hidden)]
    fn session(&self) -> Option<Box<dyn Session<S, Self::Event>>> {
        None
    }
}

/// A projection at work on one partition, with what it remembers while it holds the lease.
#[doc(hidden)]
#[async_trait]
pub trait Session<S: ProjectionStore, E>: Send + Sync {
    /// As [`Projection::apply`]. While there is a session, all of the partition's events are applied through it.
    async fn apply(
        &mut self,
        events: &[Recorded<E>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>;

    /// What became of the transaction of the last call.
    fn settled(&mut self, committed: bool);
}
