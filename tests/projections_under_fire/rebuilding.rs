//! Read models that are rebuilt during commands, reads and kills.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use eventsource::{
    postgres::sqlx::{self, Connection, PgConnection},
    prelude::*,
};
use tokio::task::JoinHandle;

use super::{
    bank::{Deposit, Quartered},
    child::{Process, Role},
    support::{
        Chance, connect, database, figure, in_time, number, patient, quick, store, torture, until,
        until_followed,
    },
    truth::Truth,
    writers::append_by_hand,
};

const READERS: u64 = 6;
/// How many times a read model is rebuilt during reads and during writes, and how many times the rebuilding process
/// is killed.
const REBUILDS: usize = 6;
const REBUILDS_UNDER_LOAD: usize = 5;
const KILLS: usize = 24;

/// The totals that a reader sees: rows, deposits, sum.
type Sight = (i64, i64, i64);

/// Reads in a loop on the same connection, and so with the same prepared statements. With deposits alone, no total
/// ever decreases.
async fn read(url: String, over: Arc<AtomicBool>) -> u64 {
    let mut connection = connect(&url).await;
    let mut last: Sight = (0, 0, 0);
    let mut looks = 0;
    while !over.load(Ordering::SeqCst) {
        let all = "select count(*), coalesce(sum(deposits), 0)::bigint, coalesce(sum(balance), 0)::bigint from quartered";
        let now: Sight = sqlx::query_as(all).fetch_one(&mut connection).await.expect("no query fails");
        assert!(now.0 >= last.0 && now.1 >= last.1 && now.2 >= last.2, "{now:?} after {last:?}");
        assert!(now.0 > 0, "there are no rows");
        last = now;
        let one = "select account, deposits, balance, digest, made_by from quartered where account = $1";
        let found = sqlx::query(one).bind("7").fetch_all(&mut connection).await.expect("no query fails");
        assert_eq!(found.len(), 1);
        // A transaction sees one generation, even if a swap happens meanwhile.
        let mut transaction = connection.begin().await.expect("begun");
        sqlx::raw_sql("set transaction isolation level repeatable read")
            .execute(&mut *transaction)
            .await
            .expect("set");
        let first: Sight = sqlx::query_as(all).fetch_one(&mut *transaction).await.expect("no query fails");
        tokio::task::yield_now().await;
        let second: Sight = sqlx::query_as(all).fetch_one(&mut *transaction).await.expect("no query fails");
        assert_eq!(first, second);
        transaction.commit().await.expect("committed");
        looks += 1;
    }
    looks
}

fn deposit(es: &EventSource<PostgresStore>, seed: u64, over: &Arc<AtomicBool>) -> JoinHandle<u64> {
    let (es, over) = (es.clone(), Arc::clone(over));
    tokio::spawn(async move {
        let mut chance = Chance(seed);
        let mut count = 0;
        while !over.load(Ordering::SeqCst) {
            es.execute(Deposit(&chance.below(100).to_string(), 3)).await.expect("accepted");
            chance.pause(Duration::from_millis(5)).await;
            count += 1;
        }
        count
    })
}

/// Makes this many appends of 100 events each.
async fn fill(url: &str, appends: u64) {
    let mut connection = connect(url).await;
    for n in 0..appends {
        append_by_hand(&mut connection, &(n % 100).to_string(), &[1; 100]).await.expect("appended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reader_sees_a_partial_or_missing_model_during_a_rebuild() {
    let database = database().await;
    let url = database.url();
    fill(url, 100).await;
    let es =
        EventSource::builder(store(url).await).retry(patient()).projection(Quartered::projection()).build();
    let workers = es.start_with(quick().batch_events(200)).await.expect("started");
    until_followed(url).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4).map(|seed| deposit(&es, seed, &over)).collect();
    let readers: Vec<_> =
        (0..READERS).map(|_| tokio::spawn(read(url.to_owned(), Arc::clone(&over)))).collect();
    let rebuilds = torture::at_least(2, REBUILDS);
    for n in 0..rebuilds {
        let rebuild = es.rebuild("quartered");
        let rebuild = if n % 2 == 0 { rebuild.keep_old() } else { rebuild };
        let rebuilt = in_time("a rebuild", rebuild.into_future()).await.expect("rebuilt");
        assert!(rebuilt.live && rebuilt.events >= 10_000, "{rebuilt:?}");
        assert!(readers.iter().all(|reader| !reader.is_finished()), "a reader failed");
    }
    over.store(true, Ordering::SeqCst);
    let (mut looks, mut commands) = (0, 0);
    for reader in readers {
        looks += in_time("a reader to end", reader).await.expect("no reader fails");
    }
    for writer in writers {
        commands += in_time("a writer to end", writer).await.expect("no writer fails");
    }
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_balances("quartered").await;
    figure(&format!("{rebuilds} rebuilds, {commands} commands, {looks} looks"));
    assert!(looks > 0 && commands > 0);
}

/// While the new generation catches up with the live one, batches of the live one wait. They must not occupy the
/// slot that the new one needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_is_swapped_under_load_although_one_batch_is_applied_at_a_time() {
    let database = database().await;
    let url = database.url();
    fill(url, 10).await;
    let es =
        EventSource::builder(store(url).await).retry(patient()).projection(Quartered::projection()).build();
    let workers = es.start_with(quick().batches(1)).await.expect("started");
    until_followed(url).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..6).map(|seed| deposit(&es, seed, &over)).collect();
    let mut times = Vec::new();
    for _ in 0..torture::at_least(2, REBUILDS_UNDER_LOAD) {
        let since = Instant::now();
        in_time("a rebuild", es.rebuild("quartered").into_future()).await.expect("rebuilt");
        times.push(since.elapsed());
    }
    over.store(true, Ordering::SeqCst);
    for writer in writers {
        in_time("a writer to end", writer).await.expect("no writer fails");
    }
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_balances("quartered").await;
    figure(&format!("rebuilt in {times:?}"));
}

/// The position of the building generation; `None` if there is none.
async fn building(connection: &mut PgConnection) -> Option<i64> {
    let position = "select sum(c.position)::bigint from eventsource.checkpoints c
          join eventsource.generations g using (generation) where g.state = 'building'";
    sqlx::query_scalar(position).fetch_one(connection).await.expect("a position")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_whose_process_is_killed_resumes() {
    let database = database().await;
    let url = database.url();
    fill(url, 200).await;
    let es = Role::Quartered.program(store(url).await, url);
    let mut process = Process::start(Role::Quartered, url);
    let mut connection = connect(url).await;
    let live = "select count(*) from eventsource.generations where state = 'live'";
    until("the process to begin", async || number(&mut connection, live).await == 1).await;
    until_followed(url).await;
    let over = Arc::new(AtomicBool::new(false));
    let writer = deposit(&es, 1, &over);
    let mut chance = Chance(12);
    let (all, mut kills, mut rebuilds) = (torture::at_least(4, KILLS), 0, 0);
    while kills < all {
        let rebuilding = tokio::spawn({
            let es = es.clone();
            async move { es.rebuild("quartered").await }
        });
        until("the rebuild to begin", async || building(&mut connection).await.is_some()).await;
        let mut last = building(&mut connection).await;
        while kills < all {
            // It resumes where it was killed, and is killed again at a later position.
            let mut now = None;
            until("the rebuild to continue", async || {
                now = building(&mut connection).await;
                if now == last { Err(now) } else { Ok(()) }
            })
            .await;
            let Some(at) = now else { break };
            assert!(Some(at) > last, "it is at {at} after {last:?}");
            chance.pause(Duration::from_millis(40)).await;
            process.kill();
            last = building(&mut connection).await;
            process = Process::start(Role::Quartered, url);
            kills += 1;
        }
        let rebuilt = in_time("the rebuild", rebuilding).await.expect("no panic").expect("rebuilt");
        rebuilds += 1;
        assert!(rebuilt.live && rebuilt.events >= 20_000, "{rebuilt:?}");
    }
    over.store(true, Ordering::SeqCst);
    writer.await.expect("no writer fails");
    until_followed(url).await;
    drop(process);
    Truth::read(url).await.assert_balances("quartered").await;
    figure(&format!("{kills} kills in {rebuilds} rebuilds"));
}
