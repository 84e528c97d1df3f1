//! Read models in a real file: rebuilt next to the live ones, refused if tables do not fit, shared by processes, and
//! correct after every crash.
//!
//! The conformance suite tests what every store must do. This is one test program, so that it is linked once.

mod by_name;
mod child;
mod crash;
mod domain;
mod liveness;
mod processes;
mod rows;
mod support;
mod tables;
mod views;
mod waiting;
