//! Projections through the facade: derived and written by hand, their metrics and their traces. Their behaviour on
//! any store is tested in the conformance suite. And what a load says about a history that lacks an event.

mod projections {
    mod bank;
    mod fixed;
    mod following;
    mod foreign_table;
    mod gaps;
    mod metrics;
    mod native_columns;
    mod postgres;
    mod spans;
    mod swallowing;
    mod switching;
    mod watching;
}
