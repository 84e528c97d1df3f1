//! The memory of a replay into a read model, which must not grow with the length of the log.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use eventsource::prelude::*;
use eventsource_benches::{
    Aim, ApplicationProgress, Error, Log, Measure, ServerOptions, database, opened, peak_memory,
    vacuum_and_checkpoint,
};

const BENCH: &str = "memory";
const SHORT: &str = "replay of a tenth";

/// Measures the memory of a replay.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The log of the bank, as CSV or gzipped CSV [default: the sample of the example, repeated].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The number of events.
    #[arg(long, value_name = "N", default_value = "1000000")]
    events: usize,
    /// Replay the log of this database, and print the peak memory: the measured process.
    #[arg(long, value_name = "URL", hide = true)]
    replay: Option<String>,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    if let Some(url) = &options.replay {
        return replay(url, options.events).await;
    }
    for events in [options.events / 10, options.events] {
        let database = database(&options.server).await?;
        let store = opened(database.url()).await?;
        Log::of(options.data.as_deref())?.append(&store, events).await?;
        store.close().await;
        vacuum_and_checkpoint(database.url()).await?;
        let program = std::env::current_exe()?;
        let arguments =
            ["memory", "--server", &options.server.server, "--replay", database.url(), "--events"];
        let mut child = Command::new(program);
        child.args(arguments).arg(events.to_string()).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = tokio::task::spawn_blocking(move || child.output()).await??;
        if !output.status.success() {
            return Err(format!("the replay failed: {}", output.status).into());
        }
        let peak: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        let measure = if events == options.events {
            Measure::new(BENCH, "replay", peak, "MB").compared_with([SHORT]).aim(Aim::Below(150.0))
        } else {
            Measure::new(BENCH, SHORT, peak, "MB")
        };
        measure.print()?;
    }
    Ok(())
}

/// Replays, and prints the peak of this process.
#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
async fn replay(url: &str, events: usize) -> Result<(), Error> {
    let store = opened(url).await?;
    let es = EventSource::builder(store).projection(ApplicationProgress::projection()).build();
    let started = Instant::now();
    let workers = es.start().await?;
    let head = es.status().await?.horizon;
    es.wait_for(ApplicationProgress::TABLE, head).timeout(Duration::from_secs(3_600)).await?;
    let status = es.status().await?;
    let applied = status.live(ApplicationProgress::TABLE).map_or(0, |live| live.events);
    assert_eq!(applied, events as u64, "after {:?} all events are applied", started.elapsed());
    workers.shutdown().await?;
    println!("{}", peak_memory()?);
    Ok(())
}
