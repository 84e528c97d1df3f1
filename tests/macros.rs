//! The derives at run time: what they encode, decode and refuse.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]

#[path = "macros/against_serde.rs"]
mod against_serde;
#[path = "macros/downcast.rs"]
mod downcast;
#[path = "macros/encoding.rs"]
mod encoding;
#[path = "macros/errors.rs"]
mod errors;
#[path = "macros/recorded.rs"]
mod recorded;
#[path = "macros/sets.rs"]
mod sets;
#[path = "macros/strict.rs"]
pub mod strict;
#[path = "macros/versions.rs"]
mod versions;
