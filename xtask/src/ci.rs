//! `cargo xtask ci` and its parts.

use crate::command::{cargo, run as run_command};
use crate::failure::Outcome;
use crate::postgres::SUPPORTED;
use crate::steps::Steps;
use crate::test::Options;
use crate::{test, tidy};

/// The fuzz targets are a workspace of their own.
const FUZZ: &str = "fuzz/Cargo.toml";

/// All tests run on the newest PostgreSQL; tests that may depend on the version run on the oldest too.
pub(crate) fn run() -> Outcome {
    let mut steps = Steps::default();
    checks(&mut steps);
    let newest = Options { postgres: Some(*SUPPORTED.end()), ..Options::default() };
    test::steps_of(&newest, &[], &mut steps);
    on_versions(&mut steps);
    steps.finish()
}

pub(crate) fn check() -> Outcome {
    let mut steps = Steps::default();
    checks(&mut steps);
    steps.finish()
}

pub(crate) fn versions() -> Outcome {
    let mut steps = Steps::default();
    on_versions(&mut steps);
    steps.finish()
}

fn checks(steps: &mut Steps) {
    steps.run("format", || {
        run_command(&mut cargo(["fmt", "--all", "--check"]))?;
        run_command(&mut cargo(["fmt", "--manifest-path", FUZZ, "--check"]))
    });
    steps.run("tidy", tidy::run);
    steps.run("clippy", || {
        let scope = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
        run_command(&mut cargo(scope))
    });
    steps.run("fuzz targets", || {
        let scope = ["--manifest-path", FUZZ, "--all-targets", "--locked", "--", "-D", "warnings"];
        run_command(cargo(["clippy"]).args(scope))
    });
    steps.run("docs", || {
        let mut docs = cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
        run_command(docs.env("RUSTDOCFLAGS", "-D warnings"))
    });
}

fn on_versions(steps: &mut Steps) {
    test::on(steps, Some(Some(*SUPPORTED.start())), "versions", &["--workspace".to_owned()], &[]);
}
