//! The fuzz targets of `fuzz/`, each for a minute.

use std::process::Command;

use crate::command::{capture, root, run as run_command};
use crate::failure::Failure;
use crate::steps::Steps;

/// The targets, each with the inputs below `fuzz/seeds` that it begins with.
const TARGETS: [(&str, &str); 4] =
    [("decode", "payloads"), ("relation", "schemas"), ("schema_text", "schemas"), ("timestamp", "times")];

const MISSING: &str = "not run, for lack of a nightly toolchain or of cargo-fuzz: `rustup toolchain install nightly` \
                       and `cargo install cargo-fuzz`";

pub(super) fn run(steps: &mut Steps) {
    if capture(fuzz().arg("--version")).is_err() {
        steps.note("fuzz targets", Ok(MISSING.to_owned()));
        return;
    }
    for (target, seeds) in TARGETS {
        steps.run(format!("fuzz {target}"), || {
            // What it finds is added to the first folder.
            let found = root().join("fuzz/corpus").join(target);
            std::fs::create_dir_all(&found)
                .map_err(Failure::while_doing(format!("create {}", found.display())))?;
            let mut command = fuzz();
            command.args(["run", target]).arg(found).arg(format!("fuzz/seeds/{seeds}"));
            run_command(command.args(["--", "-max_total_time=60"]))
        });
    }
}

/// `cargo fuzz` with a nightly toolchain. The cargo that called this program has another one.
fn fuzz() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "fuzz"]).current_dir(root());
    command
}
