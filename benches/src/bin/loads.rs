//! Loads of one account with 10, 1,000 and 10,000 events, one after the other: beside a bare `select`, whose rows
//! are decoded and folded by hand.

use std::sync::Arc;

use clap::Parser;
use eventsource_benches::{
    Account, Aim, ByHand, Error, Fill, Pace, ServerOptions, Way, create_table, database, print_peak_memory,
    settle, source_without_cache,
};

const BENCH: &str = "loads";
const UNIT: &str = "loads/s";
/// How many accounts of each length there are.
const ACCOUNTS: u64 = 3;

/// Measures how many accounts are loaded in a second.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// How many events are read from accounts of each length, but of at most 2,000 accounts. Longer ones are left
    /// out.
    #[arg(long, value_name = "N", default_value = "500000")]
    events: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let database = database(&options.server).await?;
    let url = database.url();
    create_table(url, "by_hand").await?;
    let lengths = [10, 1_000, 10_000].into_iter().filter(|length| *length <= options.events);
    let fills: Vec<_> =
        lengths.map(|length| Fill::new(&format!("with-{length}-"), ACCOUNTS, length)).collect();
    for fill in &fills {
        for schema in ["by_hand", "eventsource"] {
            fill.append(url, schema).await?;
        }
    }
    settle(url).await?;

    for fill in fills {
        let events = fill.events;
        let floor = format!("floor: L, {events} events, select and decode");
        let mut ways =
            [by_hand(&floor, url, &fill).await?, ours(&format!("L, {events} events"), url, &fill).await?];
        Pace::of(1, (options.events / events).min(2_000)).alternate(&mut ways).await?;
        let [by_hand, ours] = &ways;
        by_hand.rate(BENCH, UNIT).print()?;
        ours.rate(BENCH, UNIT).aim(Aim::at_least(0.9, &floor)).print()?;
    }
    print_peak_memory(BENCH)
}

async fn by_hand(name: &str, url: &str, fill: &Fill) -> Result<Way, Error> {
    let (bank, fill) = (Arc::new(ByHand::open(url, "by_hand").await?), fill.clone());
    Ok(Way::new(name, move |number| {
        let (bank, fill) = (Arc::clone(&bank), fill.clone());
        async move { check(&bank.load(&fill.account(number % fill.accounts)).await?, &fill) }
    }))
}

async fn ours(name: &str, url: &str, fill: &Fill) -> Result<Way, Error> {
    let (es, fill) = (source_without_cache(url).await?, fill.clone());
    Ok(Way::new(name, move |number| {
        let (es, fill) = (es.clone(), fill.clone());
        async move {
            let loaded = es.load::<Account>(&fill.account(number % fill.accounts)).await?;
            check(&loaded.state, &fill)
        }
    }))
}

/// Makes sure that all events were applied.
fn check(account: &Account, fill: &Fill) -> Result<(), Error> {
    if account.open && account.balance == (fill.events - 1) * 1_000_000 {
        return Ok(());
    }
    Err(format!("{account:?} is not that of {} events", fill.events).into())
}
