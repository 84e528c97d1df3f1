//! How fast a log is replayed: read, read into memory, read into a table with a checkpoint; beside the same
//! rows read and decoded without a framework, and a table written in batches by hand.

#[path = "replay/by_hand.rs"]
mod by_hand;

use std::{path::PathBuf, time::Instant};

use clap::Parser;
use eventsource::prelude::*;
use eventsource_benches::{
    Aim, ApplicationEvent, ApplicationProgress, Error, Log, Measure, ServerOptions, database, opened, settle,
};
use futures_util::TryStreamExt;

const BENCH: &str = "replay";
const DECODE: &str = "floor: select and decode";
const UPSERT: &str = "floor: batches by hand";

/// Measures how fast a log is replayed.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The log of the bank, as CSV or gzipped CSV [default: the sample of the example, repeated].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How many events.
    #[arg(long, value_name = "N", default_value = "262200")]
    events: usize,
    /// Only ours, over and over for so many seconds: to be profiled.
    #[arg(long, value_name = "SECONDS", hide = true)]
    profile: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let events = options.events as u64;
    let database = database(&options.server).await?;
    let store = opened(database.url()).await?;
    Log::of(options.data.as_deref())?.append(&store, options.events).await?;
    settle(database.url()).await?;
    let rate = |name, started: Instant| Measure::rate(BENCH, name, events, started.elapsed());

    // Everything once before it is measured: what is read is in memory then, for all alike.
    by_hand::read_all(database.url()).await?;

    if options.profile.is_none() {
        let started = Instant::now();
        let read = by_hand::read_all(database.url()).await?;
        rate(DECODE, started).print()?;
        assert_eq!(read, events, "all events are read");
    }

    let es = EventSource::builder(store).projection(ApplicationProgress::projection()).build();
    let started = Instant::now();
    let read =
        es.replay::<ApplicationEvent>(Position::START).try_fold(0, |read, _| async move { Ok(read + 1) });
    let read: u64 = read.await?;
    rate("replay", started).beside([DECODE]).print()?;
    assert_eq!(read, events, "all events are read");

    let started = Instant::now();
    let rows = es.project::<ApplicationProgress>().of_log().await?;
    rate("replay into rows in memory", started).beside([DECODE]).print()?;

    by_hand::setup(database.url()).await?;
    let started = Instant::now();
    by_hand::replay(database.url()).await?;
    rate(UPSERT, started).beside([DECODE]).print()?;

    let started = Instant::now();
    let workers = es.start().await?;
    es.wait_for(ApplicationProgress::TABLE, head(&es).await?)
        .timeout(std::time::Duration::from_secs(600))
        .await?;
    let ours = rate("replay into a read model", started).beside([DECODE, UPSERT]);
    ours.aim(Aim::at_least(0.5, DECODE)).print()?;

    let kept: Vec<ApplicationProgress> = es.all().await?;
    assert_eq!(kept.len(), rows.len(), "as many rows in the table as in memory");
    assert!(kept.iter().all(|row| rows.get(&row.row_key()) == Some(row)), "the same rows");
    assert_eq!(by_hand::rows(database.url()).await?, kept.len() as u64, "and by hand");

    if let Some(seconds) = options.profile {
        let until = Instant::now() + std::time::Duration::from_secs(seconds);
        while Instant::now() < until {
            let started = Instant::now();
            es.rebuild(ApplicationProgress::TABLE).await?;
            rate("rebuild", started).print()?;
        }
    }
    Ok(workers.shutdown().await?)
}

/// The position up to which there is something to apply.
async fn head(es: &EventSource<PostgresStore>) -> Result<Position, Error> {
    Ok(es.status().await?.horizon)
}
