//! Projections at work, on the store in memory: following, inline, partitions, failure, parking, rebuilding,
//! handlers, waiting.

mod projections {
    mod bank;
    mod failing;
    mod following;
    mod inline;
    mod postgres;
    mod rebuilding;
    mod swallowing;
    mod switching;
}
