//! The loan applications of a real bank, as an event-sourced model.
//!
//! ```text
//! cargo run --release --example loan_applications                                # a made-up sample, in memory
//! cargo run --release --example loan_applications -- --data loan-applications.csv.gz --store sqlite:loans.db
//! cargo run --release --features postgres --example loan_applications -- --data loan-applications.csv.gz --store postgres://…
//! cargo run --release --example loan_applications -- --read-models               # with read models, rebuilt and compared
//! ```
//!
//! The data is the event log of the BPI Challenge 2012 (van Dongen, 4TU.ResearchData,
//! doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f) as CSV with the columns `timestamp`, `application`,
//! `amount_requested`, `activity`, `lifecycle` and `resource`: 262,200 rows about 13,087 applications. Each row
//! becomes a command, each command an event; then the log is replayed and counted.
//!
//! Read `domain.rs` and what it lists for the model, `import.rs` for how commands are executed, `replay.rs` for
//! how events are read, `read_models.rs` for how questions about many applications are answered.
//!
//! # The rules
//!
//! The rules that the commands enforce were found in the data. The number in brackets says to how many rows a rule
//! applies; none of them breaks it.
//!
//! The application
//! - It is submitted first and only once, and partly submitted second (13,087 each).
//! - It is preaccepted (7,367), accepted (5,113) and finalized (5,015) in this order, once each, while nothing
//!   is decided.
//! - It is decided once: declined (7,635) or cancelled (2,807), at any stage but not while an offer is being
//!   prepared, or approved; never two of them.
//! - An approval has three steps in any order, once each: approved, registered, activated (2,246 each). All of
//!   them need a finalized and assessed application, an offer that the customer has sent back, none in
//!   preparation, and one that is with the customer or accepted.
//! - A declined application accepts nothing but the decline of its open offer and the completion of work; a
//!   cancelled one nothing but the cancellation of its open offer and work that was scheduled before (10,442
//!   decisions).
//!
//! Its offers
//! - An offer is selected after the application was accepted, created after it was selected and the
//!   application finalized, and sent after it was created (7,030 each); one is in preparation at a time.
//! - A decided application accepts no new offer, nor does one whose offer was accepted or declined (7,030).
//! - At most one offer is with the customer: it is cancelled before another is created (7,030). Another may
//!   already be selected by then (974), and nothing but the cancellation may follow.
//! - An offer comes back from the customer once, and only while it is with him (3,454).
//! - It is cancelled only while it is with the customer, and not once the application is declined or on the way
//!   to being approved (3,655).
//! - It is accepted only while it is with the customer, who has sent it or an earlier one back (2,243).
//! - It is declined only while it is with the customer, and not once the application is cancelled or on the way
//!   to being approved (802).
//!
//! Its work items
//! - Nothing is started (71,376) or completed (72,413) that was never scheduled.
//! - One kind of work is in hand at a time (143,789).
//! - Nothing is scheduled for a declined or cancelled application (26,318), nothing but a change of the contract
//!   for an approved one, and nothing is started for a declined one (71,376).
//! - Leads are handled before an application is preaccepted (4,771 schedules) and it is completed before it is
//!   accepted (7,371); it is assessed while an offer is back from the customer (5,023); documents are asked for
//!   after the assessment was begun (2,383); a contract is changed once an offer was sent (12).
//!
//! Acts on one application are recorded in the order of their time (249,113 pairs of rows).
//!
//! Plausible rules that the bank broke, and that are therefore not enforced: work is completed only after it was
//! started (1,042 of 72,413 rows do otherwise), nothing is started twice (2), the accepted offer is itself one that
//! was sent back (130), an application's completion is scheduled after it was preaccepted (2), it is cancelled only
//! after it was preaccepted (1), an offer is followed up only after it was sent (1).

#![expect(clippy::print_stderr, reason = "a program talks to its user")]
#![expect(unreachable_pub, reason = "`pub` says what a module offers to the others of this program")]

use std::{
    error::Error,
    io::{self, Write},
    num::NonZeroU16,
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use eventsource::{EventSource, ExecuteError, Timestamp, store::EventStore};
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) mod activity;
pub(crate) mod domain;
mod import;
pub(crate) mod input;
pub(crate) mod read_models;
mod replay;
pub(crate) mod report;

use domain::{Act, Application, ApplicationId, Outcome, Refusal, SelectOffer};
use input::Input;
use report::{Expected, Report};

/// Turns a bank's log of loan applications into commands, and counts the rows again by replaying the events.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// The log, as CSV or gzipped CSV [default: a small made-up sample].
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Where to store the events: `memory:`, `sqlite:FILE`, or a URL such as `postgres://user@localhost/bank`.
    #[arg(long, default_value = "memory:")]
    pub store: String,
    /// How many applications are in flight at a time.
    #[arg(long, value_name = "N", default_value = "64")]
    pub tasks: NonZeroU16,
    /// Maintain read models while the log is imported, print them, rebuild and compare them.
    #[arg(long)]
    pub read_models: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match start(Options::parse()).await {
        Ok(report) => {
            // A reader that closed the pipe needs no more output, and the exit code still reports the result.
            let _ = write!(io::stdout(), "{report}");
            if report.agrees() {
                return ExitCode::SUCCESS;
            }
            eprintln!("error: the events in the log are not those that were expected");
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
        }
    }
    ExitCode::FAILURE
}

/// Runs the program with these options.
///
/// # Errors
///
/// If the log cannot be read, the store cannot be opened, or an event can be neither recorded nor replayed.
pub async fn start(options: Options) -> Result<Report, Box<dyn Error>> {
    let input = match &options.data {
        Some(path) => Input::from_file(path)?,
        None => Input::sample()?,
    };
    eventsource::migrate(&options.store).await?;
    let store = eventsource::open(&options.store).await?;
    if !options.read_models {
        return run(&EventSource::new(store), input, options.tasks).await;
    }
    let es = read_models::registered(EventSource::builder(store));
    let workers = es.start().await?;
    let mut report = run(&es, input, options.tasks).await?;
    report.read_models = Some(read_models::check(&es, report.tally.position, &bar(0, "positions")?).await?);
    workers.shutdown().await?;
    Ok(report)
}

/// Imports a log into a store, then replays the store and reports.
async fn run<S: EventStore>(
    es: &EventSource<S>,
    input: Input,
    tasks: NonZeroU16,
) -> Result<Report, Box<dyn Error>> {
    let applications: Vec<_> = input.applications.iter().map(|rows| rows.application).collect();
    let expected = Expected::of(&input);
    let bar = bar(input.rows() as u64, "rows")?;
    let started = Instant::now();
    let tally = import::import(es, input, tasks, &bar).await?;
    let import_time = started.elapsed();
    bar.finish_and_clear();
    let started = Instant::now();
    let replayed = replay::replay(es, &applications).await?;
    let replay_time = started.elapsed();
    let refused = one_more_offer(es, &applications).await?;
    Ok(Report { tally, import_time, replayed, replay_time, expected, refused, read_models: None })
}

/// A progress bar for this many items.
fn bar(length: u64, of_what: &str) -> Result<ProgressBar, Box<dyn Error>> {
    let template =
        format!("{{msg}} {{bar:40}} {{human_pos}} of {{human_len}} {of_what}, {{per_sec}}, {{eta}} left");
    Ok(ProgressBar::new(length).with_style(ProgressStyle::with_template(&template)?))
}

/// The rejection of one more offer by the first declined application, as an example.
async fn one_more_offer<S: EventStore>(
    es: &EventSource<S>,
    applications: &[ApplicationId],
) -> Result<Option<Refusal>, Box<dyn Error>> {
    for &application in applications {
        if es.load::<Application>(&application).await?.state.outcome() == Outcome::Declined {
            let act = Act { at: Timestamp::now(), clerk: None };
            return match es.execute(SelectOffer { application, act }).await {
                Err(ExecuteError::Rejected(refusal)) => Ok(Some(refusal)),
                Err(error) => Err(error.into()),
                Ok(_) => Ok(None),
            };
        }
    }
    Ok(None)
}
