//! A shop: `cargo run --example checkout`. See the README beside this file.

use std::process::ExitCode;

fn main() -> ExitCode {
    checkout::main()
}
