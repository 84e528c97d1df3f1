//! Errors of projections that are specific to this store.

use std::time::Duration;

use eventsource_core::store::{GenerationFault, GenerationId};

/// Why the store refuses an operation of a projection, or an operation on one. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionFault {
    /// A fault that every store reports.
    #[error(transparent)]
    Generation(#[from] GenerationFault),
    /// A building generation wrote to tables that are not its own.
    #[error(
        "generation {generation} is being built and writes to {tables}, which its `setup` did not create: the live \
         read model would change; create every table in `setup`, if it does not exist"
    )]
    WritesElsewhere {
        /// The generation.
        generation: GenerationId,
        /// The tables.
        tables: String,
    },
    /// Views outside the generation could no longer be read after a swap, because the new tables lack what they read.
    #[error(
        "the tables of the live generation cannot be swapped with those of generation {generation}, because these views \
         could not be read any more: {dependents}; drop them first and create them again after the swap, or create them \
         in `setup`"
    )]
    Dependents {
        /// The generation that was to become live.
        generation: GenerationId,
        /// The views.
        dependents: String,
    },
    /// The tables of a building generation do not have the names yet that its SQL statements use.
    #[error(
        "generation {generation} writes with SQL statements of its own; retrying with its tables renamed into place"
    )]
    ByName {
        /// The generation.
        generation: GenerationId,
    },
    /// The transaction ended while the projection ran, by one of its statements or because the disk is full.
    #[error(
        "the transaction of the projection ended early; a projection must not commit or roll back, and must return the \
         errors of its statements"
    )]
    Ended,
    /// A projection called an operation that has to wait until the projection's own transaction ends.
    #[error(
        "the calling task has the transaction of a projection open, and only one transaction can write at a time; \
         execute commands in an `EventHandler`, which has no transaction open"
    )]
    WaitsForItself,
    /// A projection has held the write transaction for longer than a call waits.
    #[error(
        "a projection has held the write transaction for {waited:?}; if it executes a command on this store, it waits \
         for itself: do that in an `EventHandler`, which has no transaction open; if it is only slow, set a longer \
         `acquire_timeout`"
    )]
    Held {
        /// How long the call waited.
        waited: Duration,
    },
}
