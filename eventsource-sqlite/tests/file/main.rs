//! What only a real file can show: crashes, several processes, files of other programs, a full disk.
//!
//! What every store must do is in the conformance suite. This is one program, so that it is linked once.

mod child;
mod closing;
mod crash;
mod full;
mod open;
mod paths;
mod processes;
mod readers;
mod schema;
mod statements;
mod support;
