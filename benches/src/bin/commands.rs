//! Commands over many accounts, with 1, 16, 64 and 256 tasks: beside a transaction per command by hand, and a
//! statement by hand that needs none.

use clap::Parser;
use eventsource_benches::{
    Aim, AtOnce, ByHand, Error, Fill, Orders, Pace, ServerOptions, create_table, database, percentile_of,
    print_peak_memory, settle, source,
};

const BENCH: &str = "commands";
const UNIT: &str = "commands/s";

/// How many tasks there are, and how many times the commands of a transaction by hand are to be done.
const AIMS: [(usize, f64); 4] = [(1, 1.1), (16, 2.2), (64, 4.0), (256, 6.0)];

/// Measures how many commands are executed in a second.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// How many commands, with each number of tasks.
    #[arg(long, value_name = "N", default_value = "10000")]
    events: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    for (tasks, times) in AIMS {
        measure(&options, tasks, times).await?;
    }
    print_peak_memory(BENCH)
}

async fn measure(options: &Options, tasks: usize, times: f64) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    let orders = Orders::by_chance(&Fill::new("account-", 1_000, 5));
    for schema in ["by_hand", "at_once"] {
        create_table(url, schema).await?;
        orders.accounts.append(url, schema).await?;
    }
    orders.accounts.append(url, "eventsource").await?;
    settle(url).await?;

    let (own, floor) = (format!("A{tasks}"), format!("floor: A{tasks}, transactions"));
    let mut ways = [
        orders.through(&floor, ByHand::open(url, "by_hand").await?),
        orders.through(format!("floor: A{tasks}, statements"), AtOnce::open(url, "at_once").await?),
        orders.through(&own, source(url).await?),
    ];
    Pace::of(tasks, options.events).alternate(&mut ways).await?;
    let [by_hand, at_once, ours] = &ways;
    orders.check(url, "by_hand", by_hand.done()).await?;
    orders.check(url, "at_once", at_once.done()).await?;
    orders.check(url, "eventsource", ours.done()).await?;

    by_hand.print(BENCH, UNIT)?;
    at_once.print(BENCH, UNIT)?;
    ours.rate(BENCH, UNIT).aim(Aim::at_least(times, &floor)).beside([&at_once.name]).print()?;
    let floor_p50 = percentile_of(&floor, 50);
    ours.percentile(BENCH, 50).beside([&floor_p50]).print()?;
    let (p99, floor_p99) = (ours.percentile(BENCH, 99), percentile_of(&floor, 99));
    match tasks {
        64 => p99.aim(Aim::at_most(1.0, &floor_p99)),
        _ => p99.beside([&floor_p99]),
    }
    .print()?;
    Ok(())
}
