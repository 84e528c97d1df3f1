//! Processes that share partitions, while one after the other is killed and started again.

use std::{
    collections::{BTreeMap, HashMap},
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
    support::{LEASE, connect, database, figure, store, until, until_all_go_on, until_followed},
    truth::Truth,
    writers::Writers,
};

/// Eight of the read model, three of what was seen.
const PARTITIONS: usize = 11;
/// A dead process is missed after a lease, by those who look three times as often; and the machine is busy.
const STATED: Duration = Duration::from_millis(400);
const SLACK: Duration = Duration::from_secs(2);

/// How many partitions each process holds that lives, by its id.
async fn shares(connection: &mut PgConnection, processes: &[Process]) -> Vec<usize> {
    let held = "select w.application from eventsource.checkpoints c
          join eventsource.workers w on w.worker = c.owner and w.expires_at > now()";
    let held: Vec<String> = sqlx::query_scalar(held).fetch_all(connection).await.expect("who holds what");
    let of =
        |process: &Process| held.iter().filter(|it| it.ends_with(&format!("({})", process.id()))).count();
    processes.iter().map(of).collect()
}

fn is_even(shares: &[usize]) -> bool {
    let (least, most) = (shares.iter().min(), shares.iter().max());
    shares.iter().sum::<usize>() == PARTITIONS
        && most.zip(least).is_some_and(|(most, least)| most - least <= 1)
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
    until("an even share", async || is_even(&shares(&mut connection, &processes).await)).await;
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(url.to_owned(), Arc::clone(&over)));
    let program = Role::Eighths.program(store(url).await, url);
    let mut writers = Writers::default();
    writers.tell(&program, 4, Duration::from_millis(10));

    let (mut taken_over, mut evened) = (Vec::new(), Vec::new());
    for round in 0..kills {
        until_all_go_on(url).await;
        let mut victim = processes.remove(round % count);
        victim.kill();
        let since = Instant::now();
        let all = async || shares(&mut connection, &processes).await.iter().sum::<usize>() == PARTITIONS;
        until("the others to take over", all).await;
        taken_over.push(since.elapsed());
        until("an even share", async || is_even(&shares(&mut connection, &processes).await)).await;
        until_all_go_on(url).await;
        processes.insert(round % count, Process::start(Role::Eighths, url));
        let since = Instant::now();
        until("an even share", async || is_even(&shares(&mut connection, &processes).await)).await;
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
    assert!(most < STATED + SLACK, "taken over only after {most:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_while_one_after_the_other_is_killed() {
    share(2, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_share_while_one_after_the_other_is_killed() {
    share(4, 8).await;
}
