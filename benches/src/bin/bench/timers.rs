//! Scheduled commands that are due at once, among many that are not, compared with a loop by hand of one transaction each;
//! and the time in which the first one is found, with few and with many of them.

use std::time::{Duration, Instant};

use eventsource::postgres::sqlx::{self, Connection, PgConnection};
use eventsource::{
    prelude::*,
    store::{GenerationId, ProjectionStore, TimerQuery},
};
use eventsource_benches::{
    Account, AccountEvent, Aim, ByHand, Entry, Error, Latencies, Measure, Refusal, ServerOptions,
    create_table, database, opened, print_peak_memory, vacuum_and_checkpoint,
};

const BENCH: &str = "timers";
const FLOOR: &str = "floor: by hand";
const FEW: &str = "finding the first of 1,000";
/// The accounts that the commands are for.
const ACCOUNTS: u64 = 1_000;
/// How often the first timer is looked for.
const LOOKS: usize = 500;

/// Measures commands per second, and the time in which the first timer is found.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of commands that are scheduled for later.
    #[arg(long, value_name = "N", default_value = "1000000")]
    armed: u64,
    /// The number of commands that are due at once.
    #[arg(long, value_name = "N", default_value = "100000")]
    due: u64,
}

#[derive(Debug, Serialize, Deserialize, Schema, Command)]
#[command(aggregate = Account, name = "bench.pay", version = 1)]
struct Pay {
    #[command(id)]
    account: String,
    amount: u64,
}

impl Handle<Pay> for Account {
    type Error = Refusal;

    fn handle(&self, pay: &Pay) -> Result<Vec<AccountEvent>, Refusal> {
        Ok(vec![AccountEvent::Deposited(Entry { amount: pay.amount, ..Entry::ordered(1) })])
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    let store = opened(url).await?;
    by_hand(url, options.due / 20).await?;

    let es = EventSource::builder(store).scheduled::<Pay>().build();
    let pay = Pay { account: "acc-0".to_owned(), amount: 1 };
    es.schedule(pay).at(Timestamp::MAX).key("template").await?;
    let generations = es.store().generations().await?;
    let generation =
        generations.iter().find(|it| it.name == "scheduled/bench.pay").ok_or("no generation")?.id;

    insert(url, generation, "armed", 1_000, "'2999-01-01'").await?;
    vacuum_and_checkpoint(url).await?;
    Measure::new(BENCH, FEW, first(es.store(), generation).await?, "ms").print()?;
    insert(url, generation, "many", options.armed.saturating_sub(1_000), "'2999-01-01'").await?;
    vacuum_and_checkpoint(url).await?;
    let many = Measure::new(BENCH, "finding the first of all", first(es.store(), generation).await?, "ms");
    many.aim(Aim::at_most(1.5, FEW)).print()?;

    insert(url, generation, "due", options.due, "'2000-01-01'").await?;
    vacuum_and_checkpoint(url).await?;
    let since = Instant::now();
    let workers = es.start().await?;
    while !es.scheduled().due_before(Timestamp::now()).limit(1).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let fired = Measure::rate(BENCH, "commands", options.due, since.elapsed());
    fired.aim(Aim::at_least(5.0, FLOOR)).print()?;
    let account = es.load::<Account>("acc-1").await?;
    if account.version.get() != options.due / ACCOUNTS {
        return Err(format!("{} commands, and not {}", account.version, options.due / ACCOUNTS).into());
    }
    workers.shutdown().await?;
    print_peak_memory(BENCH)
}

/// Sets timers, as `schedule` does one by one.
async fn insert(url: &str, id: GenerationId, name: &str, count: u64, due_at: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    let insert = format!(
        "insert into eventsource.timers (generation, partition, key, name, due_at, data) \
         select t.generation, t.partition, '{name}-' || n, t.name, {due_at}, \
                replace(t.data::text, 'acc-0', 'acc-' || n % {ACCOUNTS})::json \
           from eventsource.timers t, generate_series(1, {count}) n \
          where t.generation = {} and t.key = 'template'",
        id.get()
    );
    sqlx::query(sqlx::AssertSqlSafe(insert)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The median time in which the first timer of a partition is found.
async fn first(store: &PostgresStore, id: GenerationId) -> Result<f64, Error> {
    let query = TimerQuery { partition: Some(0), ..TimerQuery::first(1) };
    let mut times = Vec::new();
    for _ in 0..LOOKS {
        let since = Instant::now();
        let found = store.timers(id, &query).await?;
        times.push(since.elapsed());
        if found.len() != 1 {
            return Err("no timer was found".into());
        }
    }
    Ok(Latencies::of(times).percentile(50))
}

async fn by_hand(url: &str, count: u64) -> Result<(), Error> {
    create_table(url, "by_hand").await?;
    let hand = ByHand::open(url, "by_hand").await?;
    hand.create_checkpoint().await?;
    let count = count.max(1);
    let since = Instant::now();
    for number in 0..count {
        let event = AccountEvent::Deposited(Entry::ordered(number));
        hand.react(&format!("acc-{}", number % ACCOUNTS), &event, number).await?;
    }
    Ok(Measure::rate(BENCH, FLOOR, count, since.elapsed()).print()?)
}
