//! `cargo xtask test`: all tests, on a server for them.

use std::env;
use std::process::Command;

use eventsource_harness::{Cluster, Settings};

use crate::command::{cargo, run as run_command};
use crate::failure::Outcome;
use crate::nextest::{nextest, slowest};
use crate::postgres::{self, Postgres};
use crate::steps::Steps;

/// The tests to run, and the server for them.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Run on this major version of PostgreSQL, whatever is installed.
    #[arg(long, value_name = "MAJOR", value_parser = supported)]
    pub(crate) postgres: Option<u32>,

    /// Run only the fast tests that need no server: about a minute, for use after each change.
    #[arg(long, conflicts_with = "postgres")]
    pub(crate) quick: bool,

    /// Arguments for `cargo nextest run`, for instance `-p eventsource-postgres horizon`.
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

pub(crate) fn supported(text: &str) -> Result<u32, String> {
    let (oldest, newest) = (postgres::SUPPORTED.start(), postgres::SUPPORTED.end());
    let major = text.parse().ok().filter(|major| postgres::SUPPORTED.contains(major));
    major.ok_or_else(|| format!("a major version from {oldest} to {newest} is needed"))
}

pub(crate) fn run(options: &Options) -> Outcome {
    let mut steps = Steps::default();
    steps_of(options, &[], &mut steps);
    steps.finish()
}

/// The steps of a run, with further environment variables for the tests.
pub(crate) fn steps_of(options: &Options, variables: &[(&str, &str)], steps: &mut Steps) {
    let profile = if options.quick { "quick" } else { "default" };
    let selection = selection(&options.arguments);
    if !steps.run("build the tests", || build(&selection)) {
        return;
    }
    let server = if options.quick { None } else { Some(options.postgres) };
    on(steps, server, profile, &selection, variables);
    // Nextest does not run doc tests. They need no server.
    if options.arguments.is_empty() && !options.quick {
        steps.run("examples in the documentation", || {
            run_command(&mut cargo(["test", "--quiet", "--doc", "--workspace", "--all-features"]))
        });
    }
}

fn build(selection: &[String]) -> Outcome {
    // Cargo does not know the filters of nextest, so this builds all tests that they select from.
    // With `--no-run` it refuses what is about the run.
    let about_tests = selection.iter().filter(|argument| *argument != "--no-fail-fast");
    let mut command = nextest("default")?;
    run_command(command.arg("--no-run").args(about_tests))
}

/// The step that runs a profile of the tests, on a server of this version if they need one.
pub(crate) fn on(
    steps: &mut Steps,
    server: Option<Option<u32>>,
    profile: &str,
    arguments: &[String],
    variables: &[(&str, &str)],
) {
    let name = match server {
        Some(Some(major)) => format!("tests on PostgreSQL {major}"),
        _ => "tests".to_owned(),
    };
    steps.run(name, || {
        let mut tests = nextest(profile)?;
        tests.args(arguments).envs(variables.iter().copied());
        match server {
            Some(major) => on_a_server(major, &mut tests),
            None => run_command(&mut tests),
        }
    });
    steps.note("the slowest tests", slowest(profile));
}

/// The server is removed when the tests have ended; if this process is killed before, its guard removes the server.
fn on_a_server(major: Option<u32>, tests: &mut Command) -> Outcome {
    let url = env::var("DATABASE_URL").ok().filter(|url| !url.is_empty() && major.is_none());
    let Postgres { binaries, version } = postgres::provide(major)?;
    postgres::provide_bouncer();
    postgres::provide_browser();
    // Tests that crash a server start one of their own, even if DATABASE_URL is set.
    tests.env("PGBIN", binaries.folder());
    if url.is_some() {
        println!("testing on the server of DATABASE_URL, and with servers of our own from {version}");
        return run_command(tests);
    }
    println!("testing on {version} from {}", binaries.folder().display());
    let cluster = Cluster::start_from(binaries, Settings::fast())?;
    run_command(tests.env("DATABASE_URL", cluster.url("postgres")))
}

/// The arguments for nextest: the whole workspace unless packages are named.
fn selection(arguments: &[String]) -> Vec<String> {
    let own = arguments.iter().take_while(|argument| *argument != "--");
    let mut packages = own.filter(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    let workspace = packages.next().is_none().then(|| "--workspace".to_owned());
    workspace.into_iter().chain(arguments.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(own: &[&str]) -> String {
        selection(&own.iter().map(ToString::to_string).collect::<Vec<_>>()).join(" ")
    }

    #[test]
    fn the_whole_workspace_is_tested_unless_packages_are_named() {
        assert_eq!(with(&[]), "--workspace");
        assert_eq!(with(&["-p", "a"]), "-p a");
        assert_eq!(with(&["name", "--", "-p"]), "--workspace name -- -p");
    }
}
