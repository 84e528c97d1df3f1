//! Subcommands of cargo that are programs of their own, installed if need be.

use std::env;
use std::process::Command;

use crate::command::{cargo, find, run, target};
use crate::failure::{Failure, Outcome};

/// Cargo with a program such as `cargo-nextest` in its `PATH`. One that is missing is compiled once, below the build
/// folder, with the given options of `cargo install`.
pub(crate) fn tool(program: &str, options: &[&str]) -> Outcome<Command> {
    let mut command = cargo::<&str>([]);
    if find(program).is_some() {
        return Ok(command);
    }
    let root = target().join("xtask/tools");
    let bin = root.join("bin");
    if !bin.join(program).is_file() {
        println!("{program} is missing; compiling it once takes some minutes");
        let mut install = cargo(["install", "--quiet", "--locked", program]);
        run(install.args(options).arg("--root").arg(&root).env_remove("CARGO_TARGET_DIR"))?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(bin).chain(env::split_paths(&path)));
    command.env("PATH", path.map_err(|error| Failure::new(error.to_string()))?);
    Ok(command)
}
