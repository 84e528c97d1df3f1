//! Processes that share partitions, while they are killed and restarted in turn.

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
    support::{LEASE, connect, database, figure, store, torture, until, until_all_advance, until_followed},
    truth::Truth,
    writers::Writers,
};

/// Eight partitions of the read model, three of the record of seen events.
const PARTITIONS: usize = 11;
/// How many times a process is killed, of two and of four.
const KILLS_OF_TWO: usize = 6;
const KILLS_OF_FOUR: usize = 8;

/// The number of partitions that each live process holds, by process id.
async fn shares(connection: &mut PgConnection, processes: &[Process]) -> Vec<usize> {
    let held = "select w.application from eventsource.checkpoints c
          join eventsource.workers w on w.worker = c.owner
           and w.beat_at > now() - make_interval(secs => w.lease / 1e6)";
    let held: Vec<String> =
        sqlx::query_scalar(held).fetch_all(connection).await.expect("the owners can be read");
    let of =
        |process: &Process| held.iter().filter(|it| it.ends_with(&format!("({})", process.id()))).count();
    processes.iter().map(of).collect()
}

/// The worker in a process.
async fn worker_in(connection: &mut PgConnection, process: &Process) -> Uuid {
    let worker = "select worker from eventsource.workers where application like $1";
    let worker = sqlx::query_scalar(worker).bind(format!("%({})", process.id()));
    worker.fetch_one(connection).await.expect("it has sent a heartbeat")
}

/// How many times the other workers may poll, once the lease of a dead worker has expired, before they hold its
/// partitions. Polls are counted and not timed, so the speed of the machine does not matter.
const LOOKS: usize = 10;

/// Waits until the other workers hold the partitions of a dead worker. Each of their polls begins with a heartbeat.
async fn until_taken_over(connection: &mut PgConnection, dead: Uuid, others: usize) {
    let mut looks = HashSet::new();
    until("the other workers to take over", async || {
        let held = "select count(*) from eventsource.checkpoints where owner = $1";
        let held: i64 =
            sqlx::query_scalar(held).bind(dead).fetch_one(&mut *connection).await.expect("a count");
        let after = "select worker, beats from eventsource.workers where worker <> $1
              and not exists (select from eventsource.workers w
                               where w.worker = $1 and w.beat_at > now() - make_interval(secs => w.lease / 1e6))";
        let after = sqlx::query_as(after).bind(dead).fetch_all(&mut *connection).await;
        let after: Vec<(Uuid, i64)> = after.expect("heartbeats");
        looks.extend(after);
        // The first poll of each worker may have begun before.
        assert!(
            held == 0 || looks.len() <= (LOOKS + 1) * others,
            "the dead worker still holds {held} partitions"
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

/// Checks continuously that an epoch has one owner, and that epochs never decrease.
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
            assert_eq!(first, owner, "two workers hold epoch {epoch} of partition {partition}");
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
        until_all_advance(url).await;
        let mut victim = processes.remove(round % count);
        let dead = worker_in(&mut connection, &victim).await;
        victim.kill();
        let since = Instant::now();
        until_taken_over(&mut connection, dead, count - 1).await;
        let all = async || {
            let held = shares(&mut connection, &processes).await.iter().sum::<usize>();
            if held == PARTITIONS { Ok(()) } else { Err(held) }
        };
        until("the others to hold all partitions", all).await;
        taken_over.push(since.elapsed());
        until_even(&mut connection, &processes).await;
        until_all_advance(url).await;
        processes.insert(round % count, Process::start(Role::Eighths, url));
        let since = Instant::now();
        until_even(&mut connection, &processes).await;
        evened.push(since.elapsed());
    }
    writers.end().await;
    until_followed(url).await;
    over.store(true, Ordering::SeqCst);
    let leases = watching.await.expect("each lease has one owner");
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
async fn two_processes_share_partitions_while_they_are_killed_in_turn() {
    share(2, torture::at_least(2, KILLS_OF_TWO)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_share_partitions_while_they_are_killed_in_turn() {
    share(4, torture::at_least(2, KILLS_OF_FOUR)).await;
}
