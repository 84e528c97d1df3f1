//! Projections at work, on the store in memory: following, inline, partitions, failure, parking, rebuilding,
//! handlers, waiting.

mod projections {
    pub mod bank;
    mod following;
}
