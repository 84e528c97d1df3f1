//! Commands over many accounts, with 1, 16, 64 and 256 tasks, with the cache of aggregates and without: beside a
//! transaction per command by hand, and a statement by hand that needs none. And the same on an SQLite file.

use eventsource::{EventSource, postgres::PostgresStore, sqlite::SqliteStore};
use eventsource_benches::{
    Aim, AtOnce, ByHand, Error, FileByHand, Fill, Orders, Pace, ServerOptions, Way, create_table, database,
    patient, percentile_of, print_peak_memory, settle, source, source_without_cache,
};
use tempfile::TempDir;

const BENCH: &str = "commands";
const UNIT: &str = "commands/s";

/// How many tasks there are, and how many times the commands of a transaction by hand are to be done.
const AIMS: [(usize, f64); 4] = [(1, 1.1), (16, 2.2), (64, 4.0), (256, 6.0)];

/// Measures how many commands are executed in a second.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// How many commands, with each number of tasks.
    #[arg(long, value_name = "N", default_value = "10000")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    // Ours cannot have its log in another schema, so without the cache it has a database of its own.
    let [database, uncached] = [database(&options.server).await?, database(&options.server).await?];
    for schema in ["by_hand", "at_once"] {
        create_table(database.url(), schema).await?;
    }
    let tellers = Tellers::open(database.url(), uncached.url()).await?;
    let in_file = FileTellers::open().await?;
    for (tasks, times) in AIMS {
        measure(&tellers, &in_file, options.events, tasks, times).await?;
    }
    print_peak_memory(BENCH)
}

/// All who execute the same commands, each on a log of its own.
struct Tellers {
    logs: [(String, &'static str); 4],
    by_hand: ByHand,
    at_once: AtOnce,
    ours: EventSource<PostgresStore>,
    forgetful: EventSource<PostgresStore>,
}

impl Tellers {
    async fn open(url: &str, uncached: &str) -> Result<Self, Error> {
        let logs = [(url, "by_hand"), (url, "at_once"), (url, "eventsource"), (uncached, "eventsource")];
        Ok(Self {
            logs: logs.map(|(url, schema)| (url.to_owned(), schema)),
            by_hand: ByHand::open(url, "by_hand").await?,
            at_once: AtOnce::open(url, "at_once").await?,
            ours: source(url).await?,
            forgetful: source_without_cache(uncached).await?,
        })
    }
}

/// The same in a file, on a table and the log of a store.
struct FileTellers {
    _folder: TempDir,
    by_hand: FileByHand,
    ours: EventSource<SqliteStore>,
}

impl FileTellers {
    async fn open() -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bank.db");
        let ours = patient(SqliteStore::open(&path).await?).build();
        Ok(Self { _folder: folder, by_hand: FileByHand::create(&path).await?, ours })
    }

    async fn fill(&self, accounts: &Fill) -> Result<(), Error> {
        accounts.import(self.ours.store()).await?;
        self.by_hand.copy_log(accounts).await
    }

    async fn check(&self, orders: &Orders, [by_hand, ours]: [&Way; 2]) -> Result<(), Error> {
        orders.check_file(&self.by_hand, "by_hand", by_hand.done()).await?;
        orders.check_file(&self.by_hand, "eventsource_events", ours.done()).await
    }
}

async fn measure(
    tellers: &Tellers,
    in_file: &FileTellers,
    commands: u64,
    tasks: usize,
    times: f64,
) -> Result<(), Error> {
    let orders = Orders::by_chance(&Fill::new(&format!("for-{tasks}-"), 1_000, 5));
    for (url, schema) in &tellers.logs {
        orders.accounts.append(url, schema).await?;
    }
    in_file.fill(&orders.accounts).await?;
    for (url, _) in &tellers.logs[2..] {
        settle(url).await?;
    }
    let (own, floor) = (format!("A{tasks}"), format!("floor: A{tasks}, transactions"));
    let mut ways = [
        orders.through(&floor, tellers.by_hand.clone()),
        orders.through(format!("floor: A{tasks}, statements"), tellers.at_once.clone()),
        orders.through(&own, tellers.ours.clone()),
        orders.through(format!("{own}, no cache"), tellers.forgetful.clone()),
        orders.through(format!("floor: A{tasks}, SQLite, transactions"), in_file.by_hand.clone()),
        orders.through(format!("{own}, SQLite"), in_file.ours.clone()),
    ];
    Pace::of(tasks, commands).alternate(&mut ways).await?;
    for (way, (url, schema)) in ways.iter().zip(&tellers.logs) {
        orders.check(url, schema, way.done()).await?;
    }
    let [by_hand, at_once, ours, forgetful, file_by_hand, file] = &ways;
    in_file.check(&orders, [file_by_hand, file]).await?;

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
    forgetful.rate(BENCH, UNIT).beside([&floor]).print()?;

    file_by_hand.print(BENCH, UNIT)?;
    file.rate(BENCH, UNIT).beside([&file_by_hand.name]).print()?;
    for per_cent in [50, 99] {
        let floor = percentile_of(&file_by_hand.name, per_cent);
        file.percentile(BENCH, per_cent).beside([&floor]).print()?;
    }
    Ok(())
}
