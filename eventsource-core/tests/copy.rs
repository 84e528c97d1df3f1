//! A history is copied from one store into another: unchanged, despite interruptions, and only into a prefix of
//! itself. Every event that a target loses or changes is found.

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
