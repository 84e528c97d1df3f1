//! Errors of projections that only this store detects.

use eventsource_core::store::{GenerationFault, GenerationId};

/// Why the store refuses a write of a projection or an operation on one. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionFault {
    /// An error that any store would return.
    #[error(transparent)]
    Generation(#[from] GenerationFault),
    /// A building generation wrote to tables of another one.
    #[error(
        "generation {generation} is being built and writes to {tables}, which its `setup` did not create: the live \
         read model would change; create every table in `setup`, without a schema in its name"
    )]
    WritesElsewhere {
        /// The generation.
        generation: GenerationId,
        /// The tables.
        tables: String,
    },
    /// Objects outside the generation depend on the live tables, and would still read the old tables after a swap.
    #[error(
        "the tables of the live generation cannot be swapped with those of generation {generation}, because \
         other objects depend on them: {dependents}; drop these first and create them again after the swap, or \
         create them in `setup`"
    )]
    Dependents {
        /// The generation that was to become live.
        generation: GenerationId,
        /// The objects that depend on the tables.
        dependents: String,
    },
    /// There is no schema in which tables could be created.
    #[error(
        "the search path of the store's role names no schema that exists, so tables cannot be created; create the schema or change `search_path`"
    )]
    NoSchema,
}
