//! Loads of one account with 10, 1,000 and 10,000 events, sequentially: compared with a bare `select`, whose
//! rows are decoded and folded by hand. And the same from an SQLite file.

use std::sync::Arc;

use eventsource::{AggregateCache, sqlite::SqliteStore};
use eventsource_benches::{
    Account, Aim, ByHand, Error, FileByHand, Fill, Pace, ServerOptions, Teller, Way, create_table, database,
    print_peak_memory, retrying, source_without_cache, vacuum_and_checkpoint,
};

const BENCH: &str = "loads";
const UNIT: &str = "loads/s";
/// The number of accounts of each length.
const ACCOUNTS: u64 = 3;

/// Measures the rate of loads.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events to read from accounts of each length, from at most 2,000 accounts. Longer accounts are
    /// skipped.
    #[arg(long, value_name = "N", default_value = "500000")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    create_table(url, "by_hand").await?;
    let lengths = [10, 1_000, 10_000].into_iter().filter(|length| *length <= options.events);
    let fills: Vec<_> =
        lengths.map(|length| Fill::new(&format!("with-{length}-"), ACCOUNTS, length)).collect();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bank.db");
    let in_file = retrying(SqliteStore::open(&path).await?).cache(AggregateCache::OFF).build();
    let file_by_hand = FileByHand::create(&path).await?;
    for fill in &fills {
        for schema in ["by_hand", "eventsource"] {
            fill.append(url, schema).await?;
        }
        fill.import(in_file.store()).await?;
        file_by_hand.copy_log(fill).await?;
    }
    vacuum_and_checkpoint(url).await?;
    let (by_hand, ours) = (ByHand::open(url, "by_hand").await?, source_without_cache(url).await?);

    for fill in fills {
        let events = fill.events;
        let own = [format!("L, {events} events"), format!("L, {events} events, SQLite")];
        let floors = own.each_ref().map(|own| format!("floor: {own}, select and decode"));
        let mut ways = [
            loads(&floors[0], &fill, by_hand.clone()),
            loads(&own[0], &fill, ours.clone()),
            loads(&floors[1], &fill, file_by_hand.clone()),
            loads(&own[1], &fill, in_file.clone()),
        ];
        Pace::of(1, (options.events / events).min(2_000)).alternate(&mut ways).await?;
        let [by_hand, ours, file_by_hand, in_file] = &ways;
        by_hand.rate(BENCH, UNIT).print()?;
        ours.rate(BENCH, UNIT).aim(Aim::at_least(0.9, &floors[0])).print()?;
        file_by_hand.rate(BENCH, UNIT).print()?;
        in_file.rate(BENCH, UNIT).compared_with([&floors[1]]).print()?;
    }
    print_peak_memory(BENCH)
}

fn loads(name: &str, fill: &Fill, teller: impl Teller) -> Way {
    let (teller, fill) = (Arc::new(teller), fill.clone());
    Way::new(name, move |number| {
        let (teller, fill) = (Arc::clone(&teller), fill.clone());
        async move { check(&teller.load(&fill.account(number % fill.accounts)).await?, &fill) }
    })
}

/// Checks that all events were applied.
fn check(account: &Account, fill: &Fill) -> Result<(), Error> {
    if account.open && account.balance == (fill.events - 1) * 1_000_000 {
        return Ok(());
    }
    Err(format!("{account:?} is not that of {} events", fill.events).into())
}
