//! Processes that are killed.

use std::time::Duration;

use crate::projections_under_fire::{
    child::{Process, Role},
    support::{
        Chance, database, figure, quick, store, torture, until_all_advance, until_followed, until_inline,
    },
    truth::Truth,
    writers::Writers,
};

/// How many times a process is killed.
const KILLS: usize = 120;

/// Each process also executes commands, which are lost with it.
#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_process_is_killed_each_event_counts_once() {
    let database = database().await;
    let url = database.url();
    let program = Role::All.program(store(url).await, url);
    let mut processes = [Process::start(Role::All, url), Process::start(Role::All, url)];
    until_inline(url).await;
    let mut writers = Writers::default();
    writers.tell(&program, 3, Duration::from_millis(20));
    let mut chance = Chance(2026);
    for _ in 0..torture::times(KILLS) {
        until_all_advance(url).await;
        chance.pause(Duration::from_millis(60)).await;
        let victim = &mut processes[usize::from(chance.below(2) == 0)];
        victim.kill();
        *victim = Process::start(Role::All, url);
    }
    writers.end().await;
    for process in &mut processes {
        process.kill();
    }
    let workers = program.start_with(quick()).await.expect("started");
    until_followed(url).await;
    workers.shutdown().await.expect("ended");

    let mut truth = Truth::read(url).await;
    truth.assert_balances("inline_balances").await;
    let again = truth.assert_all().await;
    figure(&format!(
        "{} kills, {} events, {again} delivered again",
        torture::times(KILLS),
        truth.events.len()
    ));
}
