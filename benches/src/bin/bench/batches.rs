//! Appends of 100 events, each to a new stream: compared with one `insert … select … from unnest` by hand.

use std::sync::Arc;

use eventsource::{
    Metadata, StreamId,
    store::{Append, EventStore, ExpectedVersion, NewEvent},
};
use eventsource_benches::{
    AccountEvent, Aim, ByHand, Entry, Error, Opening, Pace, ServerOptions, Way, create_table, database,
    opened, print_peak_memory, vacuum_and_checkpoint,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const BENCH: &str = "batches";
const UNIT: &str = "appends/s";
/// The number of events of an append.
const SIZE: u64 = 100;

/// Measures the rate of appends of many events.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events, for each number of tasks.
    #[arg(long, value_name = "N", default_value = "20000")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    for tasks in [1, 16] {
        measure(&options, tasks).await?;
    }
    print_peak_memory(BENCH)
}

async fn measure(options: &Options, tasks: usize) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    create_table(url, "by_hand").await?;
    vacuum_and_checkpoint(url).await?;
    let floor = format!("floor: B, {tasks} tasks, unnest");
    let mut ways = [by_hand(&floor, url).await?, ours(&format!("B, {tasks} tasks"), url).await?];
    Pace::of(tasks, options.events / SIZE).alternate(&mut ways).await?;
    let [by_hand, ours] = &ways;
    check(url, "by_hand", by_hand.done()).await?;
    check(url, "eventsource", ours.done()).await?;

    by_hand.print(BENCH, UNIT)?;
    ours.rate(BENCH, UNIT).aim(Aim::at_least(0.95, &floor)).print()?;
    for per_cent in [50, 99] {
        let floor = by_hand.percentile(BENCH, per_cent).name;
        ours.percentile(BENCH, per_cent).compared_with([&floor]).print()?;
    }
    Ok(())
}

async fn by_hand(name: &str, url: &str) -> Result<Way, Error> {
    let bank = Arc::new(ByHand::open(url, "by_hand").await?);
    Ok(Way::new(name, move |number| {
        let bank = Arc::clone(&bank);
        async move { bank.append(&account(number), 0, &events(number)).await }
    }))
}

async fn ours(name: &str, url: &str) -> Result<Way, Error> {
    let store = Arc::new(opened(url).await?);
    Ok(Way::new(name, move |number| {
        let store = Arc::clone(&store);
        async move {
            let metadata = Metadata { correlation_id: Some(uuid::Uuid::now_v7()), ..Metadata::new() }
                .with("channel", "branch")
                .with("client", "web-4711");
            let events = events(number);
            let events = events.iter().map(|event| NewEvent::encode(event, metadata.clone()));
            let events = events.collect::<Result<_, _>>()?;
            let stream = StreamId::new("account", account(number))?;
            store.append(Append::to(stream, ExpectedVersion::NoStream, events)).await?;
            Ok(())
        }
    }))
}

fn account(number: u64) -> String {
    format!("batch-{number}")
}

/// The opening of an account, and deposits into it.
fn events(number: u64) -> Vec<AccountEvent> {
    let first = Opening { owner: "Ada Lovelace".to_owned(), at: eventsource::Timestamp::now() };
    let entries = (1..SIZE).map(|index| AccountEvent::Deposited(Entry::ordered(number * SIZE + index)));
    std::iter::once(AccountEvent::Opened(first)).chain(entries).collect()
}

/// Checks that this number of appends is stored, each with all its events.
async fn check(url: &str, schema: &str, appends: u64) -> Result<(), Error> {
    let query = format!(
        "select count(*), coalesce(sum(whole::integer), 0) from (select count(*) = {SIZE} and max(version) = {SIZE} \
         as whole from {schema}.events group by stream_id) as streams"
    );
    let mut connection = PgConnection::connect(url).await?;
    let found: (i64, i64) = sqlx::query_as(AssertSqlSafe(query)).fetch_one(&mut connection).await?;
    let appends = i64::try_from(appends)?;
    if found != (appends, appends) {
        return Err(format!(
            "{schema}: of {appends} appends {} are stored, {} of them complete",
            found.0, found.1
        )
        .into());
    }
    Ok(())
}
