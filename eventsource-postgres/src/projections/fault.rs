//! What is wrong with a projection, or with what is asked of one, that only this store can tell.

use eventsource_core::store::GenerationId;

/// Why the store refuses what a projection does, or what is asked for it. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionFault {
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
    /// Another worker has claimed the partition.
    #[error("the lease of partition {partition} of generation {generation} is lost")]
    LeaseLost {
        /// The generation.
        generation: GenerationId,
        /// The partition.
        partition: u32,
    },
    /// Something outside reads the tables of the live generation, and would go on reading the former ones.
    #[error(
        "the tables of the live generation cannot be exchanged for those of generation {generation}, because \
         others depend on them: {dependents}; drop these first and make them again afterwards, or make them in \
         `setup`"
    )]
    Dependents {
        /// The generation that was to take the place.
        generation: GenerationId,
        /// What depends on the tables.
        dependents: String,
    },
    /// Only a building generation takes the live one's place.
    #[error("generation {generation} is not building")]
    NotBuilding {
        /// The generation.
        generation: GenerationId,
    },
    /// Only a live generation commits with the events.
    #[error("generation {generation} is not live")]
    NotLive {
        /// The generation.
        generation: GenerationId,
    },
    /// What is read cannot be given up.
    #[error("generation {generation} is live; another one must take its place first")]
    Live {
        /// The generation.
        generation: GenerationId,
    },
    /// There is no schema in which tables would be made.
    #[error("the search path of the store's role names no schema that exists; the tables would be nowhere")]
    NoSchema,
}
