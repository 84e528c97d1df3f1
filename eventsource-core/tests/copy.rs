//! A history is copied from one store into another: as it is, in spite of interruptions, into nothing but its own
//! beginning; and whatever a target loses or changes is found.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]

#[path = "copy/history.rs"]
mod history;
#[path = "copy/twisted.rs"]
mod twisted;

#[path = "copy/equal.rs"]
mod equal;
#[path = "copy/growing.rs"]
mod growing;
#[path = "copy/interrupted.rs"]
mod interrupted;
#[path = "copy/refused.rs"]
mod refused;
#[path = "copy/unequal.rs"]
mod unequal;
