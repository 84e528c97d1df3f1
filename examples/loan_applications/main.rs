DOCS
use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use eventsource::{postgres::PostgresStore, prelude::*, store::EventStore};
use indicatif::{ProgressBar, ProgressStyle};

mod activity;
mod domain;
mod import;
mod input;
mod replay;
mod report;
mod sample;

use domain::{Act, Application, ApplicationId, Outcome, Refusal, SelectOffer};
use import::Source;
use input::Input;
use report::{Expected, Report};

/// Imports a bank's log of loan applications as commands, and counts it again by replaying the events.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// The log, as CSV or gzipped CSV; a small made-up sample if none is given.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Where the events are kept, as a postgres:// URL; in memory if none is given.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// How many applications are in flight at a time.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub tasks: usize,
}
