//! The rate of a replay: as a stream, folded in memory, and into a table with a checkpoint; compared with the same rows
//! read and decoded by hand, and with a table written in batches by hand. And as a stream from an SQLite file.

mod by_hand;

use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource::{prelude::*, sqlite::SqliteStore, store::EventStore};
use eventsource_benches::{
    AccountBalance, AccountEvent, Aim, ApplicationEvent, ApplicationProgress, Decoded, Error, FileByHand,
    Fill, Log, Measure, Pace, Payload, ServerOptions, Way, database, opened, print_peak_memory,
    vacuum_and_checkpoint,
};
use futures_util::TryStreamExt;

const BENCH: &str = "replay";
const DECODE: &str = "floor: R, select and decode";
const DECODE_FILE: &str = "floor: R, SQLite, select and decode";
const UPSERT: &str = "floor: R, batches by hand";
/// The number of accounts.
const ACCOUNTS: u64 = 1_000;

/// Measures the rate of a replay.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The loan applications of the bank, as CSV or gzipped CSV [default: accounts with the same number
    /// of events each].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The number of events.
    #[arg(long, value_name = "N", default_value = "1000000")]
    events: u64,
    /// Only the framework, repeatedly for this many seconds: for a profiler.
    #[arg(long, value_name = "SECONDS", hide = true)]
    profile: Option<u64>,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    let store = opened(url).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bank.db");
    let in_file = SqliteStore::open(&path).await?;
    let file_by_hand = FileByHand::create(&path).await?;
    if let Some(data) = &options.data {
        let (log, events) = (Log::of(Some(data))?, usize::try_from(options.events)?);
        log.append(&store, events).await?;
        log.append(&in_file, events).await?;
        vacuum_and_checkpoint(url).await?;
        let file = (file_by_hand, in_file);
        return measure::<ApplicationEvent, ApplicationProgress, Payload>(&options, url, store, file).await;
    }
    let accounts = ACCOUNTS.min(options.events);
    let fill = Fill::new("account-", accounts, options.events / accounts);
    fill.append(url, "eventsource").await?;
    fill.import(&in_file).await?;
    vacuum_and_checkpoint(url).await?;
    let options = Options { events: fill.accounts * fill.events, ..options };
    let file = (file_by_hand, in_file);
    measure::<AccountEvent, AccountBalance, AccountEvent>(&options, url, store, file).await
}

async fn measure<E, R, P>(
    options: &Options,
    url: &str,
    store: PostgresStore,
    (file_by_hand, in_file): (FileByHand, SqliteStore),
) -> Result<(), Error>
where
    E: EventSet,
    R: Fold<E> + PartialEq + fmt::Debug,
    P: Decoded + 'static,
{
    let events = options.events;
    let es = EventSource::builder(store).projection(R::projection()).build();
    if let Some(seconds) = options.profile {
        return profile(&es, R::TABLE, events, seconds).await;
    }

    let in_file = EventSource::new(in_file);
    let mut ways = [
        by_hand::<P>(url, events),
        replayed::<E>("R, replay", &es, events),
        folded::<E, R>(&es, events),
        from_file_by_hand::<P>(file_by_hand, events),
        replayed::<E>("R, SQLite, replay", &in_file, events),
    ];
    Pace { tasks: 1, rounds: 3, pieces: 1 }.alternate(&mut ways).await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
    let rate = |way: &Way| {
        let rounds = way.rate(BENCH, "events/s");
        Measure { value: rounds.value * events as f64, ..rounds }
    };
    let [floor, replayed, folded, file_floor, file] = ways.each_ref().map(rate);
    floor.print()?;
    for ours in [replayed, folded] {
        ours.aim(Aim::at_least(1.2, DECODE)).print()?;
    }
    file_floor.print()?;
    file.compared_with([DECODE_FILE]).print()?;

    by_hand::setup(url).await?;
    let started = Instant::now();
    by_hand::replay::<P>(url).await?;
    Measure::rate(BENCH, UPSERT, events, started.elapsed()).compared_with([DECODE]).print()?;

    let started = Instant::now();
    let workers = es.start().await?;
    caught_up(&es, R::TABLE).await?;
    let ours = Measure::rate(BENCH, "R, into a read model", events, started.elapsed());
    ours.aim(Aim::at_least(0.5, DECODE)).compared_with([UPSERT]).print()?;
    print_peak_memory(BENCH)?;

    let kept: Vec<R> = es.all().await?;
    let rows = es.project::<R>().of_log::<E>().await?;
    assert_eq!(kept.len(), rows.len(), "as many rows in the table as in memory");
    assert!(kept.iter().all(|row| rows.get(&row.row_key()) == Some(row)), "the same rows");
    assert_eq!(by_hand::rows(url).await?, (kept.len() as u64, events), "and by hand");
    let applied = es.status().await?.live(R::TABLE).map_or(0, |live| live.events);
    assert_eq!(applied, events, "all events are applied");
    Ok(workers.shutdown().await?)
}

fn by_hand<P: Decoded + 'static>(url: &str, events: u64) -> Way {
    let url = Arc::new(url.to_owned());
    Way::new(DECODE, move |_| {
        let url = Arc::clone(&url);
        async move { all(by_hand::read_all::<P>(&url).await?, events) }
    })
}

fn from_file_by_hand<P: Decoded + 'static>(file: FileByHand, events: u64) -> Way {
    Way::new(DECODE_FILE, move |_| {
        let file = file.clone();
        async move { all(file.read_all::<P>().await?, events) }
    })
}

fn replayed<E: EventSet>(name: &str, es: &EventSource<impl EventStore>, events: u64) -> Way {
    let es = es.clone();
    Way::new(name, move |_| {
        let log = es.replay::<E>(Position::START);
        async move { all(log.try_fold(0, |read, _| async move { Ok(read + 1) }).await?, events) }
    })
}

fn folded<E: EventSet, R: Fold<E>>(es: &EventSource<PostgresStore>, events: u64) -> Way {
    let es = es.clone();
    Way::new("R, into rows in memory", move |_| {
        let es = es.clone();
        async move {
            let rows = es.project::<R>().of_log::<E>().await?;
            if rows.is_empty() && events > 0 { Err("no row".into()) } else { Ok(()) }
        }
    })
}

/// Checks that all events were read.
fn all(read: u64, events: u64) -> Result<(), Error> {
    if read == events { Ok(()) } else { Err(format!("{read} events were read, not {events}").into()) }
}

/// Waits until the read model has caught up.
async fn caught_up(es: &EventSource<PostgresStore>, table: &'static str) -> Result<(), Error> {
    let head = es.status().await?.horizon;
    Ok(es.wait_for(table, head).timeout(Duration::from_secs(600)).await?)
}

async fn profile(
    es: &EventSource<PostgresStore>,
    table: &'static str,
    events: u64,
    seconds: u64,
) -> Result<(), Error> {
    let workers = es.start().await?;
    caught_up(es, table).await?;
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        let started = Instant::now();
        es.rebuild(table).await?;
        Measure::rate(BENCH, "rebuild", events, started.elapsed()).print()?;
    }
    Ok(workers.shutdown().await?)
}
