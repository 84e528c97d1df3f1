//! How long after an append a read model has it: told in the process that works it, and seen from another
//! connection. Beside a trigger that notifies, and a listener that applies, written by hand.

mod by_hand;
mod ours;
mod pace;

use eventsource_benches::{Aim, Error, Latencies, Measure, ServerOptions, database, print_peak_memory};
use eventsource_harness::TestDatabase;

const BENCH: &str = "lag";

/// Measures how late a read model is.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// How many appends, at 200 a second.
    #[arg(long, value_name = "N", default_value = "2000")]
    events: usize,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = fresh(&options).await?;
    let floor = by_hand::measure(database.url(), options.events).await?;
    print(&floor.told, ["floor: told, p50", "floor: told, p99"], None)?;
    print(&floor.seen, ["floor: seen, p50", "floor: seen, p99"], None)?;

    let database = fresh(&options).await?;
    let own = ours::measure(database.url(), options.events, ours::Appends::InTheSameProcess).await?;
    print(&own.told, ["told, p50", "told, p99"], Some(["floor: told, p50", "floor: told, p99"]))?;
    print(&own.seen, ["seen, p50", "seen, p99"], Some(["floor: seen, p50", "floor: seen, p99"]))?;

    let database = fresh(&options).await?;
    let other = ours::measure(database.url(), options.events, ours::Appends::Elsewhere).await?;
    let names = ["appended elsewhere, seen, p50", "appended elsewhere, seen, p99"];
    print(&other.seen, names, Some(["floor: seen, p50", "floor: seen, p99"]))?;
    print_peak_memory(BENCH)
}

async fn fresh(options: &Options) -> Result<TestDatabase, Error> {
    database(&options.server).await
}

/// Prints the median and the 99th percentile. Those that have a floor are ours, and have an aim.
fn print(lags: &Latencies, names: [&'static str; 2], floors: Option<[&'static str; 2]>) -> Result<(), Error> {
    let aims = [2.0, 10.0].map(Aim::Below);
    for (index, per_cent) in [50, 99].into_iter().enumerate() {
        let measure = Measure::new(BENCH, names[index], lags.percentile(per_cent), "ms");
        match floors {
            Some(floors) => measure.beside([floors[index]]).aim(aims[index].clone()).print()?,
            None => measure.print()?,
        }
    }
    Ok(())
}
