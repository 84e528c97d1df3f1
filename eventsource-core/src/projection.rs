//! The consumers that an application writes: projections, rows folded from events, and event handlers with effects
//! outside the store.

mod error;
mod failure;
mod fold;
mod handler;
mod keep;
mod key;
mod once;
mod read_model;
mod row_form;
mod rows;

use std::borrow::Cow;

use async_trait::async_trait;

pub use error::ProjectionError;
#[doc(hidden)]
pub use error::with_causes;
pub use failure::{Again, FailurePolicy, OnFailure};
pub use handler::{Delivery, EventHandler};
#[doc(hidden)]
pub use key::Keys;
pub use key::{FoldError, RowFault, RowKeyError};
#[doc(hidden)]
pub use once::EffectStore;
pub use once::{Attempt, Once, OnceError};
pub use read_model::{Change, Fold, FoldMany, ReadModel, ReadModelProjection};
pub use rows::Rows;

use crate::{
    EventSet, Recorded,
    store::{GenerationId, ProjectionStore},
};

/// A consumer of the log that maintains a read model with its own statements.
///
/// Its writes and its checkpoint are committed in one transaction, so every event takes effect exactly once. It
/// receives an event again only after a transaction that did not commit, so it must only write through the
/// transaction. For effects outside the store, write an [`EventHandler`].
///
/// For keyed rows that are folded from events, derive [`ReadModel`] instead.
///
/// Write `#[async_trait]` on the `impl`, which `eventsource::async_trait` re-exports. Without it the compiler says that
/// `lifetime parameters … do not match the trait declaration` (E0195).
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection into `{S}`",
    label = "not a projection into this store",
    note = "implement `Projection<{S}>`, or derive `ReadModel` and pass `{Self}::projection()`",
    note = "an `EventHandler` has effects outside the store: register it with `handler`; it is never inline and never rebuilt"
)]
pub trait Projection<S: ProjectionStore>: Send + Sync + 'static {
    /// The events that it consumes.
    type Event: EventSet;

    /// Its name, under which its checkpoints are stored.
    const NAME: &'static str;

    /// The version of its read model, from 1. When a program with a higher version starts, that version is built
    /// next to the live one and then replaces it.
    const VERSION: u32 = 1;

    /// The number of partitions: events of one key are applied in order, partitions in parallel. A change takes
    /// effect with the next rebuild.
    const PARTITIONS: u32 = 1;

    /// The partition key of the event: all events of one key are applied in order, by one worker. By default the
    /// stream. An event without a key is not applied.
    fn key<'a>(&self, event: &'a Recorded<Self::Event>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(event.context.stream.key()))
    }

    /// Creates the tables. It is called once for each generation, so again for a rebuild: tables without a schema
    /// in their name are then created next to the live ones. A start may first try this
    /// in a transaction that it rolls back.
    ///
    /// # Errors
    ///
    /// Any error of the store; the generation is then not created.
    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        let _ = transaction;
        Ok(())
    }

    /// Applies events in the order of the log: one at the end of the log, thousands while catching up.
    ///
    /// # Errors
    ///
    /// Any error. The transaction is rolled back, and [`on_failure`](Self::on_failure) decides what happens next.
    async fn apply(
        &self,
        events: &[Recorded<Self::Event>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>;

    /// The policy when applying fails.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default()
    }

    /// Checks whether the tables that an earlier program created for a generation match this projection, when the program
    /// starts. By default it does not. A derived read model compares its columns with those of its table.
    ///
    /// # Errors
    ///
    /// If they do not match, or the store cannot be read; the start then fails.
    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError> {
        let _ = (store, generation);
        Ok(())
    }

    /// What a read model whose rows are folded does besides. Nobody else can name the argument, and so implement it.
    #[doc(hidden)]
    fn folded(&self, _: sealed::Folded) -> Option<&dyn Folding<S, Self::Event>> {
        None
    }
}

mod sealed {
    #[derive(Debug)]
    pub struct Folded;
}

/// A projection that folds rows, of which an event may change several.
#[doc(hidden)]
pub trait Folding<S: ProjectionStore, E>: Send + Sync {
    /// The keys of the rows that an event changes: it is applied to those of each key in the partition of that key.
    fn keys(&self, event: &Recorded<E>) -> Vec<String>;

    /// State to keep between batches while a partition is held.
    fn session(&self) -> Box<dyn Session<S, E>>;
}

/// The projection as one that folds rows, if it is one.
#[doc(hidden)]
pub fn folding<S: ProjectionStore, P: Projection<S>>(projection: &P) -> Option<&dyn Folding<S, P::Event>> {
    projection.folded(sealed::Folded)
}

/// A projection that processes one partition, with the rows that it caches while it holds the lease.
#[doc(hidden)]
#[async_trait]
pub trait Session<S: ProjectionStore, E>: Send + Sync {
    /// As [`Projection::apply`], with the keys for which each event is applied, of those that [`Folding::keys`]
    /// returns. While there is a session, all of the partition's events are applied through it.
    async fn apply(
        &mut self,
        events: &[Recorded<E>],
        keys: &[Vec<String>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError>;

    /// Reports whether the transaction of the last call was committed.
    fn transaction_ended(&mut self, committed: bool);
}
