//! `cargo xtask`: what developers and CI run. `cargo xtask --help` lists it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its user")]

mod bench;
mod bless;
mod ci;
mod command;
mod failure;
mod nextest;
mod postgres;
mod steps;
mod test;
mod tidy;
mod tools;
mod torture;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run all tests on a PostgreSQL: that of DATABASE_URL, else a throw-away one, installed if need be.
    Test(test::Options),
    /// Run every check that needs no server: format, clippy, docs, the core alone, tidy.
    Check,
    /// Run the tests that may see a difference between servers on the oldest supported PostgreSQL.
    Versions,
    /// Run what CI runs: check, test on the newest PostgreSQL, versions; with a table of the steps at the end.
    Ci,
    /// Run the tests that repeat themselves at their full counts, on several PostgreSQL; or try mutations of the code.
    Torture(torture::Options),
    /// Measure what the framework costs, beside the same done by hand, on a server set up as in production.
    Bench(bench::Options),
    /// Check the conventions that no other tool checks.
    Tidy,
    /// Accept snapshots and compile-fail output as they are now. Read the diff as user interface.
    Bless(test::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Check => ci::check(),
        Chore::Versions => ci::versions(),
        Chore::Ci => ci::run(),
        Chore::Torture(options) => torture::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Tidy => tidy::run(),
        Chore::Bless(options) => bless::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
