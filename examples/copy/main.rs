//! Copies a history into another store, event by event, and compares the two at the end.
//!
//! ```text
//! cargo run --release --features postgres --example copy -- sqlite:bank.db postgres://user@localhost/bank
//! cargo run --release --features postgres --example copy -- postgres://user@localhost/bank sqlite:bank.db
//! ```
//!
//! It may be interrupted and run again unchanged: events that are copied already are compared, not copied again.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

use std::{error::Error, path::Path, process::ExitCode, time::Instant};

use clap::Parser;
use eventsource::{
    AnyStore,
    history::{Copied, CopyProgress, copy},
};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// Copies a history into another store.
#[derive(Debug, Parser)]
struct Arguments {
    /// The source: `sqlite:FILE`, or a URL such as `postgres://user@localhost/bank`.
    from: String,
    /// The target, which is created if it does not exist. It must be empty or hold the beginning of an earlier
    /// copy.
    to: String,
    /// How many events are stored at a time.
    #[arg(long, value_name = "N", default_value = "5000")]
    chunk: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let started = Instant::now();
    match run(Arguments::parse()).await {
        Ok(Copied { events, streams, stored, .. }) => {
            let (events, streams, stored) = (HumanCount(events), HumanCount(streams), HumanCount(stored));
            println!(
                "{events} events of {streams} streams are the same in both, {stored} of them stored just now"
            );
            println!("it took {:.1?}", started.elapsed());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { from, to, chunk }: Arguments) -> Result<Copied, Box<dyn Error>> {
    let (from, to) = (open_source(&from).await?, open_target(&to).await?);
    let template = "{msg:9} {bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(template)?);
    let mut step = None;
    let show = |so_far: CopyProgress| {
        if step != Some(so_far.step) {
            step = Some(so_far.step);
            bar.reset();
            bar.set_message(so_far.step.to_string());
        }
        bar.set_length(so_far.until.get());
        bar.set_position(so_far.position.get());
    };
    let copied = copy(&from, &to).chunk(chunk).with_progress(show).await;
    bar.finish_and_clear();
    Ok(copied?)
}

/// Opens an existing store.
async fn open_source(store: &str) -> Result<AnyStore, Box<dyn Error>> {
    match store.strip_prefix("sqlite:") {
        Some(file) if !Path::new(file).exists() => Err(format!("there is no file {file}").into()),
        _ => Ok(eventsource::open(store).await?),
    }
}

/// Opens a store, or creates it.
async fn open_target(store: &str) -> Result<AnyStore, Box<dyn Error>> {
    eventsource::migrate(store).await?;
    Ok(eventsource::open(store).await?)
}
