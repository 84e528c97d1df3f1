//! `cargo xtask ci` and its parts.

use crate::command::{capture, cargo, run as run_command};
use crate::failure::{Failure, Outcome};
use crate::postgres::SUPPORTED;
use crate::steps::Steps;
use crate::test::Options;
use crate::{test, tidy};

/// Packages that the core must not depend on: it has no database and no runtime, and only the macros parse Rust.
const NOT_IN_THE_CORE: [&str; 6] = ["sqlx", "tokio", "tokio-util", "syn", "quote", "eventsource-derive"];

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
    steps.run("core alone", core_alone);
}

fn core_alone() -> Outcome {
    run_command(&mut cargo(["check", "--package", "eventsource-core"]))?;
    run_command(&mut cargo(["check", "--package", "eventsource-core", "--no-default-features"]))?;
    let kinds = "normal,no-proc-macro";
    let mut tree = cargo(["tree", "--package", "eventsource-core", "--edges", kinds, "--prefix", "none"]);
    match unwanted(&capture(&mut tree)?) {
        found if found.is_empty() => Ok(()),
        found => Err(Failure::new(format!("eventsource-core depends on {}", found.join(", ")))),
    }
}

/// The packages in a list of dependencies, one per line, that are not allowed.
fn unwanted(tree: &str) -> Vec<&str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let mut found: Vec<_> = names.filter(|name| NOT_IN_THE_CORE.contains(name)).collect();
    found.dedup();
    found
}

fn on_versions(steps: &mut Steps) {
    test::on(steps, Some(Some(*SUPPORTED.start())), "versions", &["--workspace".to_owned()], &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_in_the_core_is_found_and_similar_names_are_not() {
        let tree = "eventsource-core v0.1.0 (/x)\ntokio-stream v0.1.0\ntokio v1.50.0\ntracing v0.1.44";
        assert_eq!(unwanted(tree), ["tokio"]);
    }
}
