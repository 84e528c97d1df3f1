//! The test runner: `cargo nextest`, installed if necessary, and its report of the time of each test.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{cargo, find, run, target};
use crate::failure::{Failure, Outcome};

const SLOWEST: usize = 20;

/// `cargo nextest run` with a profile of `.config/nextest.toml`.
pub(crate) fn nextest(profile: &str) -> Outcome<Command> {
    let folder = provide()?;
    let mut command = cargo(["nextest", "run", "--all-features", "--no-fail-fast", "--profile", profile]);
    if let Some(folder) = folder {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(std::iter::once(folder).chain(env::split_paths(&path)));
        command.env("PATH", path.map_err(|error| Failure::new(error.to_string()))?);
    }
    Ok(command)
}

/// Installs nextest below the build folder unless it is in `PATH`; returns the folder to add to `PATH`.
fn provide() -> Outcome<Option<PathBuf>> {
    if find("cargo-nextest").is_some() {
        return Ok(None);
    }
    let root = target().join("xtask/nextest");
    let bin = root.join("bin");
    if !bin.join("cargo-nextest").is_file() {
        println!("cargo-nextest is missing; compiling it once takes some minutes");
        let mut install = cargo(["install", "--quiet", "--locked", "cargo-nextest", "--no-default-features"]);
        install.args(["--features", "default-no-update", "--root"]).arg(&root);
        run(install.env_remove("CARGO_TARGET_DIR"))?;
    }
    Ok(Some(bin))
}

/// The slowest tests of the last run with a profile, one per line: seconds and name.
pub(crate) fn slowest(profile: &str) -> Outcome<String> {
    let report = target().join("nextest").join(profile).join("junit.xml");
    let doing = format!("read {}", report.display());
    let text = std::fs::read_to_string(&report).map_err(Failure::while_doing(doing))?;
    let mut tests = tests(&text)?;
    tests.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    let line = |test: &Test| format!("{:7.1} s  {}", test.seconds, test.name);
    Ok(tests.iter().take(SLOWEST).map(line).collect::<Vec<_>>().join("\n"))
}

struct Test {
    name: String,
    seconds: f64,
}

/// The tests in a JUnit report.
fn tests(report: &str) -> Outcome<Vec<Test>> {
    let document = roxmltree::Document::parse(report)
        .map_err(|error| Failure::new(format!("the report of the tests is not XML: {error}")))?;
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let tests = cases.filter_map(|case| {
        let name = format!("{} {}", case.attribute("classname")?, case.attribute("name")?);
        Some(Test { name, seconds: case.attribute("time")?.parse().ok()? })
    });
    Ok(tests.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_each_test_is_read_from_the_report() {
        let report = r#"<?xml version="1.0"?><testsuites><testsuite name="a::b">
            <testcase name="m::slow" classname="a::b" time="12.5"/>
            <testcase name="m::quick" classname="a::b" time="0.010"><system-out>x</system-out></testcase>
            </testsuite></testsuites>"#;
        let tests = tests(report).expect("XML");
        let seen: Vec<_> = tests.iter().map(|test| (test.name.as_str(), test.seconds)).collect();
        assert_eq!(seen, [("a::b m::slow", 12.5), ("a::b m::quick", 0.01)]);
    }
}
