//! Tests that need a real server: races, crashes, cut connections, privileges, query plans.
//!
//! Tests of the store contract are in the conformance suite. This is one program, so that it is linked once.

mod cancel;
mod contention;
mod correlations;
mod crash;
mod group_commit;
mod horizon;
mod import;
mod json_exact;
mod limits;
mod loads;
mod moments;
mod outages;
mod pages;
mod pgbouncer;
mod projections;
mod refused;
mod roles;
mod runtimes;
mod schema;
mod statements;
mod support;
mod tls;
mod unknown_outcome;
