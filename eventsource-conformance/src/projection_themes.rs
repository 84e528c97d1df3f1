//! The tests of stores that keep read models, one file per theme. Every test is listed in `projection_list.rs`.

pub(crate) mod changed_columns;
pub(crate) mod comparisons;
pub(crate) mod generations;
pub(crate) mod hints;
pub(crate) mod inline_appends;
pub(crate) mod instances;
pub(crate) mod lease_appends;
pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod moments;
pub(crate) mod others;
pub(crate) mod parked_events;
pub(crate) mod projection_capabilities;
pub(crate) mod random_transactions;
pub(crate) mod read_model_rows;
pub(crate) mod swaps;
pub(crate) mod timers;
pub(crate) mod transactions;
pub(crate) mod widenings;
