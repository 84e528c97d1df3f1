//! Subcommands of cargo that are programs of their own, installed if need be.

use std::env;
use std::process::Command;

use crate::command::{cargo, find, run, target};
use crate::failure::{Failure, Outcome};

/// A subcommand of cargo: the program, and the options of `cargo install` for it.
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    pub(crate) options: &'static [&'static str],
}

/// Cargo with these programs in its `PATH`. One that is missing is compiled once, below the build folder.
pub(crate) fn cargo_with(tools: &[Tool]) -> Outcome<Command> {
    let root = target().join("xtask/tools");
    let bin = root.join("bin");
    for Tool { program, options } in tools {
        if find(program).is_some() || bin.join(program).is_file() {
            continue;
        }
        println!("{program} is missing; compiling it once takes some minutes");
        let mut install = cargo(["install", "--quiet", "--locked", program]);
        run(install.args(*options).arg("--root").arg(&root).env_remove("CARGO_TARGET_DIR"))?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(env::split_paths(&path).chain(std::iter::once(bin)));
    let mut command = cargo::<&str>([]);
    command.env("PATH", path.map_err(|error| Failure::new(error.to_string()))?);
    Ok(command)
}
