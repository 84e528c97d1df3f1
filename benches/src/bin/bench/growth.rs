//! Commands and loads on a long log, compared with the same on a log that has only the measured accounts.

use std::sync::Arc;

use eventsource_benches::{
    Account, Aim, Error, Fill, Orders, Pace, ServerOptions, Way, database, percentile_of, print_peak_memory,
    source, source_without_cache, vacuum_and_checkpoint,
};
use eventsource_harness::TestDatabase;

const BENCH: &str = "growth";
const TASKS: usize = 64;
/// The number of commands executed on each log; a fifth as many accounts are loaded.
const WORK: u64 = 10_000;
/// The number of events of a stream of the long log.
const STREAM: u64 = 10;

/// Measures whether commands and loads become slower when the log grows.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events of the longest log; if it has more than a million, a log of a million is measured too.
    #[arg(long, value_name = "N", default_value = "1000000")]
    events: u64,
}

/// A log of this length, with accounts at its end: a thousand for the commands, and some for the loads.
struct Grown {
    length: u64,
    database: TestDatabase,
    orders: Orders,
    loaded: Fill,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let million = (options.events > 1_000_000).then_some(1_000_000);
    let mut logs = Vec::new();
    for length in [Some(0), million, Some(options.events)].into_iter().flatten() {
        logs.push(Grown::new(&options.server, length).await?);
    }

    let work = WORK.min(options.events);
    let mut ways = Vec::new();
    for log in &logs {
        ways.push(log.orders.through(format!("A{TASKS}, log of {}", log.length), source(log.url()).await?));
    }
    measure(Pace::of(TASKS, work), &mut ways, "commands/s").await?;
    for (way, log) in ways.iter().zip(&logs) {
        log.orders.check(log.url(), "eventsource", way.done()).await?;
    }

    let mut ways = Vec::new();
    for log in &logs {
        ways.push(log.loads().await?);
    }
    measure(Pace::of(1, work / 5), &mut ways, "loads/s").await?;
    print_peak_memory(BENCH)
}

/// Measures all ways, and prints them compared with the first.
async fn measure(pace: Pace, ways: &mut [Way], unit: &str) -> Result<(), Error> {
    pace.alternate(ways).await?;
    let Some((empty, grown)) = ways.split_first() else { return Ok(()) };
    empty.print(BENCH, unit)?;
    for way in grown {
        way.rate(BENCH, unit).aim(Aim::within(0.15, &empty.name)).print()?;
        for per_cent in [50, 99] {
            way.percentile(BENCH, per_cent).compared_with([&percentile_of(&empty.name, per_cent)]).print()?;
        }
    }
    Ok(())
}

impl Grown {
    async fn new(server: &ServerOptions, length: u64) -> Result<Self, Error> {
        let database = database(server).await?;
        let (orders, loaded) =
            (Orders::by_chance(&Fill::new("account-", 1_000, 5)), Fill::new("loaded-", 100, 100));
        for fill in [&Fill::new("old-", length / STREAM, STREAM), &orders.accounts, &loaded] {
            fill.append(database.url(), "eventsource").await?;
        }
        vacuum_and_checkpoint(database.url()).await?;
        Ok(Self { length, database, orders, loaded })
    }

    fn url(&self) -> &str {
        self.database.url()
    }

    /// Loads of accounts of 100 events.
    async fn loads(&self) -> Result<Way, Error> {
        let (es, loaded) = (Arc::new(source_without_cache(self.url()).await?), self.loaded.clone());
        Ok(Way::new(format!("L, log of {}", self.length), move |number| {
            let (es, account) = (Arc::clone(&es), loaded.account(number % loaded.accounts));
            async move {
                let version = es.load::<Account>(&account).await?.version.get();
                if version == 100 { Ok(()) } else { Err(format!("{account} is at {version}").into()) }
            }
        }))
    }
}
