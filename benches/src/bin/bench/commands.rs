//! Commands over many accounts, with 1, 16, 64 and 256 tasks, with and without the aggregate cache: compared with a
//! transaction per command by hand, and with autocommit statements by hand. And the same on an SQLite file.

use eventsource::{EventSource, postgres::PostgresStore, sqlite::SqliteStore};
use eventsource_benches::{
    Aim, Autocommit, ByHand, Error, FileByHand, Fill, Orders, Pace, ServerOptions, Way, create_table,
    database, percentile_of, print_peak_memory, retrying, source, source_without_cache,
    vacuum_and_checkpoint,
};
use tempfile::TempDir;

const BENCH: &str = "commands";
const UNIT: &str = "commands/s";

/// The numbers of tasks, and the aim for each as a multiple of the transactions by hand.
const AIMS: [(usize, f64); 4] = [(1, 1.1), (16, 2.2), (64, 4.0), (256, 6.0)];

/// Measures the rate of commands.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of commands, for each number of tasks.
    #[arg(long, value_name = "N", default_value = "10000")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    // The framework cannot have its log in another schema, so the variant without the cache has its own database.
    let [database, uncached] = [database(&options.server).await?, database(&options.server).await?];
    for schema in ["by_hand", "autocommit"] {
        create_table(database.url(), schema).await?;
    }
    let tellers = Tellers::open(database.url(), uncached.url()).await?;
    let in_file = FileTellers::open().await?;
    for (tasks, times) in AIMS {
        measure(&tellers, &in_file, options.events, tasks, times).await?;
    }
    print_peak_memory(BENCH)
}

/// The tellers that execute the same commands, each on its own log.
struct Tellers {
    logs: [(String, &'static str); 4],
    by_hand: ByHand,
    autocommit: Autocommit,
    ours: EventSource<PostgresStore>,
    uncached_teller: EventSource<PostgresStore>,
}

impl Tellers {
    async fn open(url: &str, uncached: &str) -> Result<Self, Error> {
        let logs = [(url, "by_hand"), (url, "autocommit"), (url, "eventsource"), (uncached, "eventsource")];
        Ok(Self {
            logs: logs.map(|(url, schema)| (url.to_owned(), schema)),
            by_hand: ByHand::open(url, "by_hand").await?,
            autocommit: Autocommit::open(url, "autocommit").await?,
            ours: source(url).await?,
            uncached_teller: source_without_cache(uncached).await?,
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
        let ours = retrying(SqliteStore::open(&path).await?).build();
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
        vacuum_and_checkpoint(url).await?;
    }
    let (own, floor) = (format!("A{tasks}"), format!("floor: A{tasks}, transactions"));
    let mut ways = [
        orders.through(&floor, tellers.by_hand.clone()),
        orders.through(format!("floor: A{tasks}, statements"), tellers.autocommit.clone()),
        orders.through(&own, tellers.ours.clone()),
        orders.through(format!("{own}, no cache"), tellers.uncached_teller.clone()),
        orders.through(format!("floor: A{tasks}, SQLite, transactions"), in_file.by_hand.clone()),
        orders.through(format!("{own}, SQLite"), in_file.ours.clone()),
    ];
    Pace::of(tasks, commands).alternate(&mut ways).await?;
    for (way, (url, schema)) in ways.iter().zip(&tellers.logs) {
        orders.check(url, schema, way.done()).await?;
    }
    let [by_hand, autocommit, ours, uncached_teller, file_by_hand, file] = &ways;
    in_file.check(&orders, [file_by_hand, file]).await?;

    by_hand.print(BENCH, UNIT)?;
    autocommit.print(BENCH, UNIT)?;
    ours.rate(BENCH, UNIT).aim(Aim::at_least(times, &floor)).compared_with([&autocommit.name]).print()?;
    let floor_p50 = percentile_of(&floor, 50);
    ours.percentile(BENCH, 50).compared_with([&floor_p50]).print()?;
    let (p99, floor_p99) = (ours.percentile(BENCH, 99), percentile_of(&floor, 99));
    match tasks {
        64 => p99.aim(Aim::at_most(1.0, &floor_p99)),
        _ => p99.compared_with([&floor_p99]),
    }
    .print()?;
    uncached_teller.rate(BENCH, UNIT).compared_with([&floor]).print()?;

    file_by_hand.print(BENCH, UNIT)?;
    file.rate(BENCH, UNIT).compared_with([&file_by_hand.name]).print()?;
    for per_cent in [50, 99] {
        let floor = percentile_of(&file_by_hand.name, per_cent);
        file.percentile(BENCH, per_cent).compared_with([&floor]).print()?;
    }
    Ok(())
}
