//! What is wrong with a projection, or with what is asked of one, that only this store can tell.

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
         read model would change; make every table in `setup`, without a schema in its name"
    )]
    WritesElsewhere {
        /// The generation.
        generation: GenerationId,
        /// The tables.
        tables: String,
    },
    /// Something outside reads the tables of the live generation, and would go on reading the former ones.
    #[error(
        "the tables of the live generation cannot be swapped with those of generation {generation}, because \
         others depend on them: {dependents}; drop these first and make them again afterwards, or make them in \
         `setup`"
    )]
    Dependents {
        /// The generation that was to take the place.
        generation: GenerationId,
        /// What depends on the tables.
        dependents: String,
    },
    /// There is no schema in which tables would be made.
    #[error("the search path of the store's role names no schema that exists; the tables would be nowhere")]
    NoSchema,
}
