//! Shared by the tests: databases, options, seeded random numbers, waiting for a condition.

use std::time::Duration;

use eventsource::{
    Retry, WorkerOptions,
    postgres::{
        PostgresOptions, PostgresStore,
        sqlx::{self, AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgPoolOptions},
    },
};
use eventsource_conformance::waiting::LIMIT;
use eventsource_harness::TestDatabase;
use tokio::time::sleep;

pub(crate) use eventsource_conformance::{
    torture,
    waiting::{followed, in_time, until, while_changing},
};

use super::bank::Delivered;

/// The lease duration. Short, so that tests are quick. On a busy machine leases expire by themselves, which must do
/// no harm either.
pub(crate) const LEASE: Duration = Duration::from_millis(300);

pub(crate) fn quick() -> WorkerOptions {
    let poll = Duration::from_millis(50);
    WorkerOptions::default().lease(LEASE).poll(poll).shutdown(LIMIT)
}

/// For commands that lose many races. Each lost race means that another command succeeded.
pub(crate) fn patient() -> Retry {
    Retry::within(Duration::from_secs(3_600))
}

/// A database with the schema, and the table of the handler.
pub(crate) async fn database() -> TestDatabase {
    prepared(TestDatabase::create()).await
}

/// The same on a server of the test's own.
pub(crate) async fn database_on(server: &str) -> TestDatabase {
    prepared(TestDatabase::create_on(server).expect("a database")).await
}

async fn prepared(database: TestDatabase) -> TestDatabase {
    PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
    run(&mut connect(database.url()).await, Delivered::TABLE).await;
    database
}

pub(crate) async fn store(url: &str) -> PostgresStore {
    let options = PostgresOptions::new(url).expect("a URL").max_connections(16);
    options.acquire_timeout(Duration::from_secs(30)).connect().await.expect("a store")
}

pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server accepts connections")
}

/// Connections that are opened when they are needed.
pub(crate) fn pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(3).connect_lazy(url).expect("a URL")
}

/// Runs statements without binds.
pub(crate) async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// One number.
pub(crate) async fn number(connection: &mut PgConnection, sql: &'static str) -> i64 {
    let found = sqlx::query_scalar(sql).fetch_one(connection).await;
    found.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// How many partitions of live projections that follow the log are not at its end.
pub(crate) const BEHIND: &str = "select count(*)
      from eventsource.generations g join eventsource.checkpoints c using (generation)
     where g.state = 'live' and not g.inline
       and c.position < (select coalesce(max(e.position), 0) from eventsource.events e)";

/// Waits until every live projection that follows the log is at its end.
pub(crate) async fn until_followed(url: &str) {
    let mut connection = connect(url).await;
    // The checkpoint that is furthest behind: progress of the others does not count.
    let behind = "select g.name, c.partition, c.position
          from eventsource.generations g join eventsource.checkpoints c using (generation)
         where g.state = 'live' and not g.inline
           and c.position < (select coalesce(max(e.position), 0) from eventsource.events e)
         order by c.position, g.name, c.partition limit 1";
    until("every projection to catch up", async || {
        let behind: Option<(String, i32, i64)> = sqlx::query_as(behind)
            .fetch_optional(&mut connection)
            .await
            .expect("the checkpoints can be read");
        behind.map_or(Ok(()), Err)
    })
    .await;
}

/// The number of events that each live following projection has applied.
async fn applied(connection: &mut PgConnection) -> Vec<(String, i64)> {
    let applied = "select g.name, sum(c.events)::bigint
          from eventsource.generations g join eventsource.checkpoints c using (generation)
         where g.state = 'live' and not g.inline group by g.name order by g.name";
    sqlx::query_as(applied).fetch_all(connection).await.expect("the counts can be read")
}

/// Waits until every live following projection has applied more events.
pub(crate) async fn until_all_advance(url: &str) {
    let mut connection = connect(url).await;
    let before = applied(&mut connection).await;
    until("every projection to advance", async || {
        let now = applied(&mut connection).await;
        // The projections that have not advanced yet. Further progress of the others does not count.
        let waiting = now.iter().zip(&before).filter(|(now, before)| now.1 <= before.1);
        let waiting: Vec<_> = waiting.map(|((name, _), _)| name.clone()).collect();
        if !now.is_empty() && waiting.is_empty() { Ok(()) } else { Err(waiting) }
    })
    .await;
}

/// Waits until every inline projection is promoted.
pub(crate) async fn until_inline(url: &str) {
    let mut connection = connect(url).await;
    let inline = "select count(*) filter (where inline) - count(*) filter (where not inline)
          from eventsource.generations where kind = 'inline' and state = 'live'";
    until("projections to become inline", async || number(&mut connection, inline).await > 0).await;
}

/// The port of the server of a URL.
pub(crate) fn port_of(url: &str) -> u16 {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("a URL of a server");
    options.get_port()
}

/// Pseudo-random numbers, the same in each run (splitmix64, <https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// Part of the load of a test, or of the choice of a moment; never a way to wait for a condition.
    pub(crate) async fn pause(&mut self, below: Duration) {
        let below = u64::try_from(below.as_micros()).expect("a short pause");
        sleep(Duration::from_micros(self.below(below.max(1)))).await;
    }
}

/// Prints a measured value, visible with `--nocapture`.
#[expect(clippy::print_stderr, reason = "figures are for people")]
pub(crate) fn figure(text: &str) {
    eprintln!("{text}");
}
