//! `cargo xtask test`: all tests, on a server that is there for them.

use std::env;
use std::process::Command;

use eventsource_harness::{Cluster, Settings};

use crate::command::{cargo, run as run_command};
use crate::failure::Outcome;
use crate::postgres::{self, Postgres};

/// What to test, and on what.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Run on this major version of PostgreSQL, whatever is installed.
    #[arg(long, value_name = "MAJOR", value_parser = supported)]
    pub(crate) postgres: Option<u32>,

    /// Arguments for `cargo test`. Without a `-p` among them the whole workspace is tested.
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

fn supported(text: &str) -> Result<u32, String> {
    let (oldest, newest) = (postgres::SUPPORTED.start(), postgres::SUPPORTED.end());
    let major = text.parse().ok().filter(|major| postgres::SUPPORTED.contains(major));
    major.ok_or_else(|| format!("a major version from {oldest} to {newest} is needed"))
}

pub(crate) fn run(options: &Options) -> Outcome {
    run_with(options, &[])
}

/// Runs the tests with further environment variables.
pub(crate) fn run_with(options: &Options, variables: &[(&str, &str)]) -> Outcome {
    let mut tests = cargo(arguments(options));
    tests.envs(variables.iter().copied());
    on_a_server(options.postgres, &mut tests)
}

/// The server is removed when the command has ended; if we are killed meanwhile, by its guard.
fn on_a_server(major: Option<u32>, tests: &mut Command) -> Outcome {
    let url = env::var("DATABASE_URL").ok().filter(|url| !url.is_empty() && major.is_none());
    let Postgres { binaries, version } = postgres::provide(major)?;
    postgres::provide_bouncer();
    // Tests that crash a server start one of their own, also beside DATABASE_URL.
    tests.env("PGBIN", binaries.folder());
    if url.is_some() {
        println!("testing on the server of DATABASE_URL, and with servers of our own from {version}");
        return run_command(tests);
    }
    println!("testing on {version} from {}", binaries.folder().display());
    let cluster = Cluster::start_from(binaries, Settings::fast())?;
    run_command(tests.env("DATABASE_URL", cluster.url("postgres")))
}

fn arguments(options: &Options) -> Vec<String> {
    let mut arguments = vec!["test".to_owned(), "--all-features".into(), "--no-fail-fast".into()];
    let own = options.arguments.iter().take_while(|argument| *argument != "--");
    let mut packages = own.filter(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    if packages.next().is_none() {
        arguments.push("--workspace".into());
    }
    arguments.extend(options.arguments.iter().cloned());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(own: &[&str]) -> String {
        let own = own.iter().map(ToString::to_string).collect();
        arguments(&Options { postgres: None, arguments: own }).join(" ")
    }

    #[test]
    fn the_whole_workspace_is_tested_unless_packages_are_named() {
        assert_eq!(with(&[]), "test --all-features --no-fail-fast --workspace");
        assert_eq!(with(&["-p", "a"]), "test --all-features --no-fail-fast -p a");
        assert_eq!(with(&["name", "--", "-p"]), "test --all-features --no-fail-fast --workspace name -- -p");
    }
}
