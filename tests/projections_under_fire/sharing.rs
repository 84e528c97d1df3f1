//! Processes that share partitions, while one after the other is killed and started again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use eventsource::postgres::sqlx::{self, PgConnection};
use uuid::Uuid;

use super::{
    child::{Process, Role},
    support::{LEASE, connect, database, figure, store, torture, until, until_all_go_on, until_followed},
    truth::Truth,
    writers::Writers,
};

/// Eight of the read model, three of what was seen.
const PARTITIONS: usize = 11;
/// How often a process is killed, of two and of four.
const KILLS_OF_TWO: usize = 6;
const KILLS_OF_FOUR: usize = 8;

/// How many partitions each process holds that lives, by its id.
async fn shares(connection: &mut PgConnection, processes: &[Process]) -> Vec<usize> {
    let held = "select w.application from eventsource.checkpoints c
          join eventsource.workers w on w.worker = c.owner and w.lives_until > now()";
    let held: Vec<String> = sqlx::query_scalar(held).fetch_all(connection).await.expect("who holds what");
    let of =
        |process: &Process| held.iter().filter(|it| it.ends_with(&format!("({})", process.id()))).count();
    processes.iter().map(of).collect()
}

/// The worker in a process.
async fn worker_in(connection: &mut PgConnection, process: &Process) -> Uuid {
    let worker = "select worker from eventsource.workers where application like $1";
    let worker = sqlx::query_scalar(worker).bind(format!("%({})", process.id()));
    worker.fetch_one(connection).await.expect("it has given a sign of life")
}

/// How often the others may look at how things stand, once the lease of a dead worker has ended, before they hold what
/// it held. They are counted and not timed, so it does not matter how slowly they do it.
const LOOKS: usize = 10;

/// Waits until the others hold what a dead worker held. Each of their looks begins with a sign of life.
async fn until_taken_over(connection: &mut PgConnection, dead: Uuid, others: usize) {
    let mut looks = HashSet::new();
    until("the others to take over", async || {
        let held = "select count(*) from eventsource.checkpoints where owner = $1";
        let held: i64 =
            sqlx::query_scalar(held).bind(dead).fetch_one(&mut *connection).await.expect("a count");
        let after = "select worker, lives_until::text from eventsource.workers where worker <> $1
              and not exists (select from eventsource.workers where worker = $1 and lives_until > now())";
        let after = sqlx::query_as(after).bind(dead).fetch_all(&mut *connection).await;
        let after: Vec<(Uuid, String)> = after.expect("signs of life");
        looks.extend(after);
        // The first of each may have begun before.
        assert!(
            held == 0 || looks.len() <= (LOOKS + 1) * others,
            "{held} partitions are the dead one's still"
        );
        if held == 0 { Ok(()) } else { Err(held) }
    })
    .await;
}

fn is_even(shares: &[usize]) -> bool {
    let (least, most) = (shares.iter().min(), shares.iter().max());
    shares.iter().sum::<usize>() == PARTITIONS
        && most.zip(least).is_some_and(|(most, least)| most - least <= 1)
}

async fn until_even(connection: &mut PgConnection, processes: &[Process]) {
    // They may lose leases and claim them again for ever: it is to become more even than it ever was.
    let mut best = 0;
    until("an even share", async || {
        let shares = shares(connection, processes).await;
        best = best.max(shares.iter().min().copied().unwrap_or_default());
        if is_even(&shares) { Ok(()) } else { Err(best) }
    })
    .await;
}

/// Looks all the while that a lease is one worker's, and that no later one comes before an earlier one.
async fn watch(url: String, over: Arc<AtomicBool>) -> usize {
    let mut connection = connect(&url).await;
    let mut owners: HashMap<(i64, i32, i64), Uuid> = HashMap::new();
    let mut epochs: BTreeMap<(i64, i32), i64> = BTreeMap::new();
    while !over.load(Ordering::SeqCst) {
        let look = "select generation, partition, epoch, owner from eventsource.checkpoints";
        let found: Vec<(i64, i32, i64, Option<Uuid>)> =
            sqlx::query_as(look).fetch_all(&mut connection).await.expect("leases");
        for (generation, partition, epoch, owner) in found {
            let before = epochs.insert((generation, partition), epoch);
            assert!(before <= Some(epoch), "epoch {epoch} of partition {partition} after {before:?}");
            let Some(owner) = owner else { continue };
            let first = *owners.entry((generation, partition, epoch)).or_insert(owner);
            assert_eq!(first, owner, "two hold epoch {epoch} of partition {partition}");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    owners.len()
}

async fn share(count: usize, kills: usize) {
    let database = database().await;
    let url = database.url();
    let mut connection = connect(url).await;
    let mut processes: Vec<_> = (0..count).map(|_| Process::start(Role::Eighths, url)).collect();
    until_even(&mut connection, &processes).await;
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(url.to_owned(), Arc::clone(&over)));
    let program = Role::Eighths.program(store(url).await, url);
    let mut writers = Writers::default();
    writers.tell(&program, 4, Duration::from_millis(10));

    let (mut taken_over, mut evened) = (Vec::new(), Vec::new());
    for round in 0..kills {
        until_all_go_on(url).await;
        let mut victim = processes.remove(round % count);
        let dead = worker_in(&mut connection, &victim).await;
        victim.kill();
        let since = Instant::now();
        until_taken_over(&mut connection, dead, count - 1).await;
        let all = async || {
            let held = shares(&mut connection, &processes).await.iter().sum::<usize>();
            if held == PARTITIONS { Ok(()) } else { Err(held) }
        };
        until("the others to hold all", all).await;
        taken_over.push(since.elapsed());
        until_even(&mut connection, &processes).await;
        until_all_go_on(url).await;
        processes.insert(round % count, Process::start(Role::Eighths, url));
        let since = Instant::now();
        until_even(&mut connection, &processes).await;
        evened.push(since.elapsed());
    }
    writers.end().await;
    until_followed(url).await;
    over.store(true, Ordering::SeqCst);
    let leases = watching.await.expect("each lease is one worker's");
    drop(processes);

    let mut truth = Truth::read(url).await;
    truth.assert_balances("eighths").await;
    truth.assert_seen().await;
    taken_over.sort();
    evened.sort();
    let (median, most) = (taken_over[kills / 2], taken_over[kills - 1]);
    figure(&format!(
        "{count} processes, lease {LEASE:?}: taken over in {median:?}, {most:?} at most; even again after a start in \
         {:?}, {:?} at most; {leases} leases",
        evened[kills / 2],
        evened[kills - 1]
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_while_one_after_the_other_is_killed() {
    share(2, torture::at_least(2, KILLS_OF_TWO)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_share_while_one_after_the_other_is_killed() {
    share(4, torture::at_least(2, KILLS_OF_FOUR)).await;
}
