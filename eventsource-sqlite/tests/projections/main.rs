//! Read models in a real file: built beside the live ones, refused where tables do not fit, shared by processes,
//! and right after every crash.
//!
//! What every store must do is in the conformance suite. This is one program, so that it is linked once.

mod by_name;
mod child;
mod crash;
mod domain;
mod processes;
mod rows;
mod support;
mod tables;
mod waiting;
