//! A policy that answers each event of many accounts with one command, compared with a loop by hand that appends an event
//! and moves its checkpoint in one transaction per event; and the time from an event to its reaction on an idle system.

use std::time::{Duration, Instant};

use eventsource::{
    prelude::*,
    reacting::{Policy, Reactions},
    store::StartAt,
};
use eventsource_benches::{
    Account, AccountEvent, Aim, ByHand, Deposit, Entry, Error, Fill, Latencies, Measure, Open, Opening,
    ServerOptions, create_table, database, opened, print_peak_memory, vacuum_and_checkpoint,
};

const BENCH: &str = "policies";
const FLOOR: &str = "floor: by hand";
/// The number of accounts whose events are reacted to.
const ACCOUNTS: u64 = 1_000;
/// The first letters of the accounts that the policy keeps.
const MIRROR: &str = "mirror-";
/// How many reactions are timed one by one.
const TIMED: u64 = 500;

/// Measures reactions per second, and the time of one.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events.
    #[arg(long, value_name = "N", default_value = "100000")]
    events: u64,
}

/// Does on a second account what is done on each.
struct Mirror;

impl Policy for Mirror {
    type Event = AccountEvent;
    const NAME: &'static str = "mirror";

    fn react(&self, event: &Recorded<AccountEvent>) -> Reactions {
        if event.aggregate_id().starts_with(MIRROR) {
            return Reactions::none();
        }
        let account = format!("{MIRROR}{}", event.aggregate_id());
        match &event.event {
            AccountEvent::Opened(opening) => Reactions::execute(Open { account, opening: opening.clone() }),
            AccountEvent::Deposited(entry) | AccountEvent::Withdrawn(entry) => {
                Reactions::execute(Deposit { account, entry: entry.clone() })
            }
        }
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let accounts = ACCOUNTS.min(options.events);
    let events = options.events / accounts * accounts;
    let database = database(&options.server).await?;
    let url = database.url();
    let store = opened(url).await?;
    by_hand(url, accounts, events).await?;

    Fill::new("acc-", accounts, events / accounts).append(url, "eventsource").await?;
    vacuum_and_checkpoint(url).await?;
    let es = EventSource::builder(store).policy(Mirror, StartAt::Beginning).build();
    let since = Instant::now();
    let workers = es.start().await?;
    let last = es.status().await?.horizon;
    es.wait_for(Mirror::NAME, last).timeout(Duration::MAX).await?;
    let time = since.elapsed();
    for account in [0, accounts - 1] {
        let mirror = es.load::<Account>(&format!("{MIRROR}acc-{account}")).await?;
        if mirror.version.get() != events / accounts {
            return Err(format!("{} reactions, and not {}", mirror.version, events / accounts).into());
        }
    }
    let caught_up = Measure::rate(BENCH, "reactions", events, time);
    caught_up.aim(Aim::at_least(5.0, FLOOR)).print()?;

    one_by_one(&es, TIMED.min(events)).await?;
    workers.shutdown().await?;
    print_peak_memory(BENCH)
}

/// A tenth of the events: the loop takes the same time for each.
async fn by_hand(url: &str, accounts: u64, events: u64) -> Result<(), Error> {
    create_table(url, "by_hand").await?;
    let hand = ByHand::open(url, "by_hand").await?;
    hand.create_checkpoint().await?;
    let count = (events / 10).max(1);
    let since = Instant::now();
    for number in 0..count {
        let account = format!("{MIRROR}acc-{}", number % accounts);
        let event = match number < accounts {
            true => AccountEvent::Opened(Opening { owner: "Ada Lovelace".to_owned(), at: Timestamp::now() }),
            false => AccountEvent::Deposited(Entry::ordered(number)),
        };
        hand.react(&account, &event, number).await?;
    }
    Ok(Measure::rate(BENCH, FLOOR, count, since.elapsed()).print()?)
}

/// The time from the receipt of a command to the commit of the reaction, on a system that does nothing else.
async fn one_by_one(es: &EventSource<PostgresStore>, count: u64) -> Result<(), Error> {
    let mut times = Vec::new();
    for number in 0..count {
        let deposit = Deposit { account: "acc-0".to_owned(), entry: Entry::ordered(number) };
        let receipt = es.execute(deposit).await?;
        let since = Instant::now();
        es.wait_for(Mirror::NAME, receipt.position).await?;
        times.push(since.elapsed());
    }
    let times = Latencies::of(times);
    Measure::new(BENCH, "reaction, p50", times.percentile(50), "ms").aim(Aim::Below(5.0)).print()?;
    let slow = Measure::new(BENCH, "reaction, p99", times.percentile(99), "ms");
    Ok(slow.aim(Aim::Below(15.0)).print()?)
}
