//! What only a real server can show: races, crashes, cut connections, rights, plans.
//!
//! What every store must do is in the conformance suite. This is one program, so that it is linked once.

mod cancel;
mod crash;
mod horizon;
mod outages;
mod roles;
mod schema;
mod support;
mod unknown_outcome;
