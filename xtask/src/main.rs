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

/// The tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests on a PostgreSQL: that of DATABASE_URL, else a throw-away one, installed if need be.
    Test(test::Options),
    /// Run every check that needs no server: format, clippy, fuzz targets, docs, the core alone, tidy.
    Check,
    /// Run the tests that may see a difference between servers on the oldest supported PostgreSQL.
    Versions,
    /// Run what CI runs: check, test on the newest PostgreSQL, versions; with a table of the steps at the end.
    Ci,
    /// Run the repeating tests with their full counts, on several PostgreSQL versions; or try mutations of the code.
    Torture(torture::Options),
    /// Measure the framework against the same work done by hand, on a server with production settings.
    Bench(bench::Options),
    /// Check the conventions that no other tool checks.
    Tidy,
    /// Accept snapshots and compile-fail output as they are now. Read the diff as user interface.
    Bless(test::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Check => ci::check(),
        Task::Versions => ci::versions(),
        Task::Ci => ci::run(),
        Task::Torture(options) => torture::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Tidy => tidy::run(),
        Task::Bless(options) => bless::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
