//! Benchmarks: one program with a subcommand for each benchmark, and one that summarises their output.
//!
//! `cargo xtask bench` runs them all, several times, on a server with production settings.

mod appends;
mod batches;
mod commands;
mod growth;
mod handlers;
mod hot;
mod import;
mod lag;
mod loads;
mod memory;
mod parking;
mod policies;
mod processes;
mod replay;
mod steps;
mod summary;
mod timers;

use clap::{Parser, Subcommand};
use eventsource_benches::Error;

/// Runs one benchmark and prints one JSON measure per line.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    Commands(commands::Options),
    Appends(appends::Options),
    Hot(hot::Options),
    Batches(batches::Options),
    Import(import::Options),
    Loads(loads::Options),
    Growth(growth::Options),
    Processes(processes::Options),
    Replay(replay::Options),
    Lag(lag::Options),
    Parking(parking::Options),
    Policies(policies::Options),
    Steps(steps::Options),
    Timers(timers::Options),
    Handlers(handlers::Options),
    Memory(memory::Options),
    Summary(summary::Options),
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match Arguments::parse().benchmark {
        Benchmark::Commands(options) => commands::run(options).await,
        Benchmark::Appends(options) => appends::run(options).await,
        Benchmark::Hot(options) => hot::run(options).await,
        Benchmark::Batches(options) => batches::run(options).await,
        Benchmark::Import(options) => import::run(options).await,
        Benchmark::Loads(options) => loads::run(options).await,
        Benchmark::Growth(options) => growth::run(options).await,
        Benchmark::Processes(options) => processes::run(options).await,
        Benchmark::Replay(options) => replay::run(options).await,
        Benchmark::Lag(options) => lag::run(options).await,
        Benchmark::Parking(options) => parking::run(options).await,
        Benchmark::Policies(options) => policies::run(options).await,
        Benchmark::Steps(options) => steps::run(options).await,
        Benchmark::Timers(options) => timers::run(options).await,
        Benchmark::Handlers(options) => handlers::run(options).await,
        Benchmark::Memory(options) => memory::run(options).await,
        Benchmark::Summary(options) => summary::run(&options),
    }
}
