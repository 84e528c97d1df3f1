//! An old program and a new one side by side, with different versions of the same read model.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventsource::{
    postgres::{
        PgTransaction,
        sqlx::{self, PgConnection},
    },
    prelude::*,
};

use super::{
    bank::{AccountEvent, Deposit, Next, signed},
    child::{Process, Role},
    gate::{Gate, Place},
    support::{
        connect, database, figure, followed, in_time, number, patient, quick, run, store, until,
        until_all_advance, until_followed,
    },
    truth::Truth,
    writers::Writers,
};

/// Reads in a loop: rows of one version at a time, and never of the first after the second. Returns how often it
/// saw each.
async fn read(url: String, over: Arc<AtomicBool>) -> [u64; 2] {
    let mut connection = connect(&url).await;
    let mut seen = [0, 0];
    while !over.load(Ordering::SeqCst) {
        let all = "select coalesce(min(made_by), 0), coalesce(max(made_by), 0) from deployed";
        let (least, most): (i64, i64) =
            sqlx::query_as(all).fetch_one(&mut connection).await.expect("no query fails");
        assert_eq!(least, most, "a mix");
        match least {
            1 => assert_eq!(seen[1], 0, "the first version after the second"),
            2 => {}
            other => panic!("rows of version {other}"),
        }
        seen[usize::from(least == 2)] += 1;
    }
    seen
}

async fn generations(connection: &mut PgConnection) -> Vec<(i64, i64, String)> {
    let all = "select generation, version, state from eventsource.generations order by 1";
    sqlx::query_as(all).fetch_all(connection).await.expect("generations")
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_version_until_the_swap_and_never_both() {
    let database = database().await;
    let url = database.url();
    let mut old = Process::start(Role::Former, url);
    let mut connection = connect(url).await;
    let live = "select count(*) from eventsource.generations where state = 'live'";
    until("the old program to begin", async || number(&mut connection, live).await == 1).await;
    // Commands do not depend on versions of projections.
    let commands = EventSource::builder(store(url).await).retry(patient()).build();
    let mut writers = Writers::default();
    writers.tell(&commands, 4, Duration::from_millis(5));
    until_all_advance(url).await;
    let over = Arc::new(AtomicBool::new(false));
    let rows = "select count(*) from deployed";
    until("rows", async || {
        let now = number(&mut connection, rows).await;
        if now > 20 { Ok(()) } else { Err(now) }
    })
    .await;
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(read(url.to_owned(), Arc::clone(&over)))).collect();

    // The swap of the new version is blocked until the test has seen that the old one is still live.
    let next = EventSource::builder(store(url).await).projection(Next::projection()).build();
    let building = "select count(*) from eventsource.generations where state = 'building'";
    let keep = "create function hold() returns trigger language plpgsql as $$ begin
                    new.swap_when_ready := false; return new; end $$;
                create trigger hold before insert on eventsource.generations for each row execute function hold()";
    run(&mut connection, keep).await;
    let workers = next.start_with(quick()).await.expect("started");
    assert_eq!(number(&mut connection, building).await, 1);
    // A schema with a trigger of somebody else's is not opened.
    run(&mut connection, "drop function hold() cascade").await;
    for _ in 0..5 {
        until_all_advance(url).await;
    }
    assert_eq!(generations(&mut connection).await, [(1, 1, "live".into()), (2, 2, "building".into())]);
    let rebuilt = in_time("the new version to be swapped in", next.swap("deployed")).await.expect("swapped");
    assert!(rebuilt.live, "{rebuilt:?}");

    // The old program has no generation left to process, and its rows are no longer visible.
    let after = [(2, 2, "live".into())];
    assert_eq!(generations(&mut connection).await, after);
    for _ in 0..3 {
        until_all_advance(url).await;
    }
    // It does not build its version again, neither while it runs nor after a restart.
    old.kill();
    let old = [Process::start(Role::Former, url), Process::start(Role::Former, url)];
    let lives = "select count(*) from eventsource.workers w
          where w.beat_at > now() - make_interval(secs => w.lease / 1e6)";
    until("the old programs to send heartbeats", async || number(&mut connection, lives).await >= 3).await;
    for _ in 0..3 {
        until_all_advance(url).await;
    }
    assert_eq!(generations(&mut connection).await, after);

    writers.end().await;
    over.store(true, Ordering::SeqCst);
    let mut seen = [0, 0];
    for reader in readers {
        let [one, two] = in_time("a reader to end", reader).await.expect("no reader fails");
        seen = [seen[0] + one, seen[1] + two];
    }
    until_followed(url).await;
    drop(old);
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_balances("deployed").await;
    let former = "select count(*) from deployed where made_by <> 2";
    assert_eq!(number(&mut connection, former).await, 0);
    figure(&format!("the first version was seen {} times, the second {}", seen[0], seen[1]));
    assert!(seen[0] > 0 && seen[1] > 0);
}

/// A table of seen events, written by a program of this version that is held at a gate.
struct Log<const PROGRAM: u32>(Arc<Gate>);

#[async_trait::async_trait]
impl<const PROGRAM: u32> Projection<PostgresStore> for Log<PROGRAM> {
    type Event = AccountEvent;
    const NAME: &'static str = "log";
    const VERSION: u32 = PROGRAM;

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<std::borrow::Cow<'a, str>> {
        self.0.pass_at_once(Place::Reading);
        Some(event.aggregate_id().into())
    }

    async fn setup(&self, transaction: &mut PgTransaction) -> Result<(), ProjectionError> {
        let table = "create table log (position bigint primary key, made_by bigint not null)";
        sqlx::query(table).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        let positions: Vec<_> = events.iter().map(|event| signed(event.context.position)).collect();
        let insert = "insert into log select position, $2 from unnest($1::bigint[]) e (position)";
        let insert = sqlx::query(insert).bind(positions).bind(i64::from(PROGRAM));
        insert.execute(&mut **transaction).await?;
        self.0.pass(Place::Writing).await;
        Ok(())
    }
}

/// The old program is in the middle of a batch when the new version is ready: the batch either commits before the
/// swap or not at all. Otherwise it would write into the new table.
async fn an_old_program_is_held_up(place: Place) {
    let database = database().await;
    let url = database.url();
    let mut connection = connect(url).await;
    let gate = Arc::new(Gate::default());
    let old = EventSource::builder(store(url).await).projection(Log::<1>(Arc::clone(&gate))).build();
    let old_workers = old.start_with(quick()).await.expect("started");
    let deposit = async || old.execute(Deposit("a", 1)).await.expect("accepted").position;
    let first = deposit().await;
    followed(&old, "log", first).await;
    gate.close(place);
    deposit().await;
    until("the old program to reach the gate", async || gate.held_up() > 0).await;

    let new = EventSource::builder(store(url).await).projection(Log::<2>(Arc::default())).build();
    let new_workers = new.start_with(quick()).await.expect("started");
    let live = "select version from eventsource.generations where state = 'live'";
    if place == Place::Writing {
        // Each attempt to swap gives up, and releases its locks.
        let built =
            "select count(*) from eventsource.checkpoints c join eventsource.generations g using (generation)
              where g.version = 2 and c.position >= 2";
        until("the new version to be ready", async || number(&mut connection, built).await == 1).await;
        assert_eq!(number(&mut connection, live).await, 1);
        gate.open();
    }
    until("the new version to be swapped in", async || number(&mut connection, live).await == 2).await;
    gate.open();
    let last = deposit().await;
    followed(&new, "log", last).await;
    old_workers.shutdown().await.expect("ended");
    new_workers.shutdown().await.expect("ended");
    let rows: Vec<(i64, i64)> = sqlx::query_as("select position, made_by from log order by 1")
        .fetch_all(&mut connection)
        .await
        .expect("rows");
    assert_eq!(rows, [(1, 2), (2, 2), (3, 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn an_old_program_that_has_read_events_when_it_is_replaced_writes_nothing() {
    an_old_program_is_held_up(Place::Reading).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn an_old_program_that_is_writing_completes_its_batch_before_the_swap() {
    an_old_program_is_held_up(Place::Writing).await;
}
