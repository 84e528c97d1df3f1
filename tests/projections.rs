//! Projections through the facade: derived and written by hand, with what others see of them. What they promise
//! on any store is in the conformance suite.

mod projections {
    mod bank;
    mod fixed;
    mod following;
    mod foreign_table;
    mod metrics;
    mod postgres;
    mod spans;
    mod swallowing;
    mod switching;
}
