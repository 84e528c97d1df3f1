//! The time from an append until a read model has it: as reported in the process that runs the projection, and as seen
//! from another connection. Compared with a trigger that notifies and a listener that applies, written by hand.

mod by_hand;
mod ours;
mod pace;

use eventsource_benches::{Aim, Error, Latencies, Measure, ServerOptions, database, print_peak_memory};
use eventsource_harness::TestDatabase;

const BENCH: &str = "lag";

/// Measures the lag of a read model.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of appends, at 200 per second.
    #[arg(long, value_name = "N", default_value = "2000")]
    events: usize,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = fresh(&options).await?;
    let floor = by_hand::measure(database.url(), options.events).await?;
    print(&floor.reported, ["floor: reported, p50", "floor: reported, p99"], None)?;
    print(&floor.seen, ["floor: seen, p50", "floor: seen, p99"], None)?;

    let database = fresh(&options).await?;
    let own = ours::measure(database.url(), options.events, ours::Appends::InTheSameProcess).await?;
    print(
        &own.reported,
        ["reported, p50", "reported, p99"],
        Some(["floor: reported, p50", "floor: reported, p99"]),
    )?;
    print(&own.seen, ["seen, p50", "seen, p99"], Some(["floor: seen, p50", "floor: seen, p99"]))?;

    let database = fresh(&options).await?;
    let other = ours::measure(database.url(), options.events, ours::Appends::InAnotherProcess).await?;
    let names = ["appended by another process, seen, p50", "appended by another process, seen, p99"];
    print(&other.seen, names, Some(["floor: seen, p50", "floor: seen, p99"]))?;
    print_peak_memory(BENCH)
}

async fn fresh(options: &Options) -> Result<TestDatabase, Error> {
    database(&options.server).await
}

/// Prints the median and the 99th percentile. The measures of the framework have a floor and an aim.
fn print(lags: &Latencies, names: [&'static str; 2], floors: Option<[&'static str; 2]>) -> Result<(), Error> {
    let aims = [2.0, 10.0].map(Aim::Below);
    for (index, per_cent) in [50, 99].into_iter().enumerate() {
        let measure = Measure::new(BENCH, names[index], lags.percentile(per_cent), "ms");
        match floors {
            Some(floors) => measure.compared_with([floors[index]]).aim(aims[index].clone()).print()?,
            None => measure.print()?,
        }
    }
    Ok(())
}
