//! The unit tests of some files of the library, without all the others.

#![expect(dead_code, unreachable_pub, reason = "only the tests of these files are wanted")]

#[path = "../src/torture.rs"]
mod torture;
#[path = "../src/waiting.rs"]
mod waiting;
