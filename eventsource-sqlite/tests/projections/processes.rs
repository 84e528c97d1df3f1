//! Several processes that share the partitions of one file.

use std::collections::BTreeMap;

use eventsource::EventSource;
use eventsource_conformance::waiting::{followed, wait_for};
use eventsource_sqlite::SqliteStore;

use crate::{
    child::{Process, Role},
    crash::{amounts, folded, log},
    domain::{Add, Total, options, program},
};

/// Waits until each of these programs holds this number of partitions of the totals.
async fn held(program: &EventSource<SqliteStore>, expected: &[(&str, std::ops::RangeInclusive<usize>)]) {
    wait_for(&format!("the partitions to be held as {expected:?}"), || async {
        let status = program.status().await.expect("the store can be read");
        let owners = status.live("totals").map(|it| it.owners.clone()).unwrap_or_default();
        let count = |name: &str| owners.iter().filter(|it| it.lives && it.application == name).count();
        let found: Vec<_> = expected.iter().map(|(name, _)| count(name)).collect();
        let matches = expected.iter().zip(&found).all(|((_, expected), found)| expected.contains(found));
        if matches { Ok(()) } else { Err(found) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_of_a_killed_process_are_taken_over_without_missing_or_repeated_events() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("store.db");
    let program = program(&path).await;
    let one = Process::start(Role::Projects, &path, "one");
    let other = Process::start(Role::Projects, &path, "other");
    held(&program, &[("one", 1..=3), ("other", 1..=3)]).await;
    let writer = program.clone();
    let writing = tokio::spawn(async move {
        let mut last = eventsource::Position::START;
        for turn in 0..600_u64 {
            last = match writer.execute(Add(format!("t-{}", turn % 16), turn % 7)).await {
                Ok(receipt) => receipt.position,
                Err(error) => panic!("turn {turn}: {error}"),
            };
        }
        last
    });
    followed(&program, "totals", eventsource::Position::new(100)).await;
    one.kill();
    let last = writing.await.expect("the commands are accepted");
    held(&program, &[("one", 0..=0), ("other", 4..=4)]).await;
    for name in ["totals", "digits", "entries"] {
        followed(&program, name, last).await;
    }
    let amounts = amounts(&log(program.store()).await);
    let totals: Vec<Total> = program.all().await.expect("the rows");
    let totals: BTreeMap<_, _> = totals.into_iter().map(|row| (row.tally, (row.total, row.seen))).collect();
    assert_eq!(totals, folded(&amounts, str::to_owned));
    other.kill();
    let workers = program.start_with(options("here")).await.expect("the projections start");
    held(&program, &[("here", 4..=4), ("other", 0..=0)]).await;
    workers.shutdown().await.expect("they end");
}
