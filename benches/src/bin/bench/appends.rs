//! Appends of one event each, to new streams, with 1 and 64 tasks: to Postgres and to an SQLite file, each compared
//! with an `insert` per event by hand. All are flushed to the disk before they are acknowledged.

use std::sync::Arc;

use eventsource::{
    Metadata, StreamId,
    sqlite::SqliteStore,
    store::{Append, EventStore, ExpectedVersion, NewEvent},
};
use eventsource_benches::{
    AccountEvent, Aim, ByHand, Entry, Error, FileByHand, Pace, ServerOptions, Way, create_table, database,
    opened, print_peak_memory, vacuum_and_checkpoint,
};

const BENCH: &str = "appends";
const UNIT: &str = "appends/s";

/// Measures the rate of appends of one event.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events, for each number of tasks.
    #[arg(long, value_name = "N", default_value = "50000")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    measure(&options, 1, options.events / 10).await?;
    measure(&options, 64, options.events).await?;
    print_peak_memory(BENCH)
}

async fn measure(options: &Options, tasks: usize, appends: u64) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    create_table(url, "by_hand").await?;
    vacuum_and_checkpoint(url).await?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("bank.db");
    let file = SqliteStore::open(&path).await?;
    let file_by_hand = FileByHand::create(&path).await?;
    let by_hand = Arc::new(ByHand::open(url, "by_hand").await?);

    let floors = ["Postgres", "SQLite"].map(|store| format!("floor: {tasks} tasks, {store}, insert"));
    let mut ways = [
        Way::new(&*floors[0], move |number| {
            let by_hand = Arc::clone(&by_hand);
            async move { by_hand.append(&account(number), 0, &[event(number)]).await }
        }),
        through(format!("{tasks} tasks, Postgres"), opened(url).await?),
        Way::new(&*floors[1], {
            let file_by_hand = file_by_hand.clone();
            move |number| {
                let file = file_by_hand.clone();
                async move { file.append(&account(number), 0, &event(number)).await }
            }
        }),
        through(format!("{tasks} tasks, SQLite"), file),
    ];
    Pace::of(tasks, appends).alternate(&mut ways).await?;
    let [by_hand, server, in_file_by_hand, in_file] = &ways;
    let found = file_by_hand.counts().await?;
    let expected = [in_file_by_hand.done(), in_file.done()];
    if found != expected {
        return Err(format!("{found:?} events are in the file, not {expected:?}").into());
    }

    for floor in [by_hand, in_file_by_hand] {
        floor.print(BENCH, UNIT)?;
    }
    for (ours, floor) in [(server, by_hand), (in_file, in_file_by_hand)] {
        let rate = ours.rate(BENCH, UNIT).compared_with([&floor.name]);
        match tasks {
            64 if ours.name == in_file.name => rate.aim(Aim::Above(20_000.0)),
            _ => rate,
        }
        .print()?;
        for per_cent in [50, 99] {
            let floor = floor.percentile(BENCH, per_cent).name;
            ours.percentile(BENCH, per_cent).compared_with([&floor]).print()?;
        }
    }
    Ok(())
}

fn through(name: String, store: impl EventStore) -> Way {
    let store = Arc::new(store);
    Way::new(name, move |number| {
        let store = Arc::clone(&store);
        async move {
            let metadata = Metadata { correlation_id: Some(uuid::Uuid::now_v7()), ..Metadata::new() };
            let metadata = metadata.with("channel", "branch").with("client", "web-4711");
            let event = NewEvent::encode(&event(number), metadata)?;
            let stream = StreamId::new("account", account(number))?;
            store.append(Append::to(stream, ExpectedVersion::NoStream, vec![event])).await?;
            Ok(())
        }
    })
}

fn account(number: u64) -> String {
    format!("single-{number}")
}

fn event(number: u64) -> AccountEvent {
    AccountEvent::Deposited(Entry::ordered(number))
}
