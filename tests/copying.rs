//! A history is copied from one store into another: unchanged, despite interruptions, and only into a prefix of
//! itself. Every event that a target loses or changes is found.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]

#[path = "copying/history.rs"]
mod history;
#[path = "copying/twisted.rs"]
mod twisted;

#[path = "copying/equal.rs"]
mod equal;
#[path = "copying/growing.rs"]
mod growing;
#[path = "copying/interrupted.rs"]
mod interrupted;
#[path = "copying/refused.rs"]
mod refused;
#[path = "copying/unequal.rs"]
mod unequal;
