//! An event handler that calls a service, which takes 50 ms: one call at a time, and 64 at a time, in one partition.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use eventsource::{Delivery, ProjectionError, async_trait, prelude::*, store::StartAt};
use eventsource_benches::{
    AccountEvent, Aim, Error, Fill, Measure, ServerOptions, database, opened, print_peak_memory,
};

const BENCH: &str = "handlers";
/// How long a call takes.
const CALL: Duration = Duration::from_millis(50);
/// The floor makes this share of the calls.
const ONE_AT_A_TIME: u64 = 50;

/// Measures how many events per second a handler handles that waits for a service.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events, two for each key.
    #[arg(long, value_name = "N", default_value = "10000")]
    events: u64,
}

/// Calls the service for each event.
struct Calls<const CONCURRENCY: usize>(Arc<AtomicU64>);

#[async_trait]
impl<const CONCURRENCY: usize> EventHandler for Calls<CONCURRENCY> {
    type Event = AccountEvent;
    const NAME: &'static str = "calls";
    const CONCURRENCY: usize = CONCURRENCY;

    async fn handle(&self, _: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        tokio::time::sleep(CALL).await;
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let few = (options.events / ONE_AT_A_TIME).max(2);
    let floor = handled::<1>(&options.server, few).await?;
    Measure::new(BENCH, "floor: one at a time", floor, "events/s").print()?;
    let many = handled::<64>(&options.server, options.events).await?;
    let measure = Measure::new(BENCH, "64 at a time", many, "events/s");
    measure.compared_with(["floor: one at a time"]).aim(Aim::Above(1_000.0)).print()?;
    print_peak_memory(BENCH)
}

/// The events per second of a handler with this concurrency.
async fn handled<const CONCURRENCY: usize>(server: &ServerOptions, events: u64) -> Result<f64, Error> {
    let database = database(server).await?;
    let url = database.url();
    Fill::new("calls-", events / 2, 2).append(url, "eventsource").await?;
    let calls = Arc::new(AtomicU64::new(0));
    let handler = Calls::<CONCURRENCY>(Arc::clone(&calls));
    let es = EventSource::builder(opened(url).await?).handler(handler, StartAt::Beginning).build();
    let since = Instant::now();
    let workers = es.start().await?;
    let horizon = es.status().await?.horizon;
    es.wait_for("calls", horizon).timeout(Duration::MAX).await?;
    let time = since.elapsed();
    workers.shutdown().await?;
    let made = calls.load(Ordering::Relaxed);
    if made != events / 2 * 2 {
        return Err(format!("{made} calls were made, and not {events}").into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
    let rate = made as f64 / time.as_secs_f64();
    Ok(rate)
}
