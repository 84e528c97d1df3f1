//! The test runner, `cargo nextest`, and its report of the time of each test.

use std::process::Command;

use crate::command::target;
use crate::failure::{Failure, Outcome};
use crate::tools::{Tool, cargo_with};

const NEXTEST: Tool =
    Tool { program: "cargo-nextest", options: &["--no-default-features", "--features", "default-no-update"] };

const SLOWEST: usize = 20;

/// `cargo nextest run` with a profile of `.config/nextest.toml`.
pub(crate) fn nextest(profile: &str) -> Outcome<Command> {
    // A test drives `cargo insta`. Compiling it takes longer than all that it does.
    let tools = [NEXTEST, Tool { program: "cargo-insta", options: &["--debug"] }];
    let mut command = cargo_with(if profile == "quick" { &tools[..1] } else { &tools })?;
    command.args(["nextest", "run", "--all-features", "--profile", profile]);
    Ok(command)
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
