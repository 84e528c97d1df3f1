//! Projections through the facade: derived and written by hand, their metrics and their traces. Their behaviour on
//! any store is tested in the conformance suite.

mod projections {
    mod bank;
    mod fixed;
    mod following;
    mod foreign_table;
    mod metrics;
    mod native_columns;
    mod postgres;
    mod spans;
    mod swallowing;
    mod switching;
}
