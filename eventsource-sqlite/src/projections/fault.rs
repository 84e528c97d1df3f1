//! What is wrong with a projection, or with what is asked of one, that only this store can tell.

use std::time::Duration;

use eventsource_core::store::{GenerationFault, GenerationId};

/// Why the store refuses what a projection does, or what is asked for it. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionFault {
    /// What any store would refuse.
    #[error(transparent)]
    Generation(#[from] GenerationFault),
    /// While a generation is built, it wrote tables that are not its own.
    #[error(
        "generation {generation} is being built and writes {tables}, which its `setup` did not make: the live \
         read model would change; make every table in `setup`, where it is not there yet"
    )]
    WritesElsewhere {
        /// The generation.
        generation: GenerationId,
        /// The tables.
        tables: String,
    },
    /// The tables of a building generation were not yet where statements find them.
    #[error("generation {generation} is built by statements of its own; the tables are put in their way")]
    ByName {
        /// The generation.
        generation: GenerationId,
    },
    /// The transaction ended within the projection, by a statement of its own or because the disk is full.
    #[error(
        "the transaction of the projection has ended before its time; a projection must not commit or roll back, \
         and must hand on the errors of its statements"
    )]
    Ended,
    /// A projection asked for what only the end of its own transaction can give.
    #[error(
        "the task that asks has the transaction of a projection open, and one transaction writes at a time; \
         execute commands in an `EventHandler`, which has none open"
    )]
    WaitsForItself,
    /// A projection has had the one transaction for longer than a call waits.
    #[error(
        "a projection has had the one transaction that writes for {waited:?}; if it executes a command on this store, \
         it waits for itself: do that in an `EventHandler`, which has none open; if it only takes long, set a longer \
         `acquire_timeout`"
    )]
    Held {
        /// For how long it was waited for.
        waited: Duration,
    },
}
