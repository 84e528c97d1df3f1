//! Tests that need a real file: crashes, several processes, files of other programs, a full disk.
//!
//! The conformance suite tests what every store must do. This is one test program, so that it is linked once.

mod child;
mod closing;
mod correlation_index;
mod crash;
mod full;
mod limits;
mod moved;
mod open;
mod paths;
mod processes;
mod readers;
mod refused;
mod schema;
mod statements;
mod support;
