//! A server that is killed, with everything that it had acknowledged and not flushed.

use std::time::Duration;

use eventsource_harness::{Cluster, Settings};

use crate::projections_under_fire::{
    child::Role,
    support::{
        Chance, database_on, figure, quick, store, torture, until_all_advance, until_followed, until_inline,
    },
    truth::Truth,
    writers::Writers,
};

/// How many times the server crashes.
const CRASHES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn whenever_the_server_crashes_each_event_counts_once() {
    // The longer it delays the flush, the more is lost in a crash.
    let mut cluster = Cluster::start(Settings::fast().set("wal_writer_delay", "2s")).expect("a server");
    let database = database_on(&cluster.url("postgres")).await;
    let url = database.url();
    let program = Role::All.program(store(url).await, url);
    let workers = program.start_with(quick()).await.expect("started");
    until_inline(url).await;
    let mut writers = Writers::default();
    writers.tell(&program, 4, Duration::from_millis(10));
    let mut chance = Chance(4711);
    for _ in 0..torture::times(CRASHES) {
        until_all_advance(url).await;
        chance.pause(Duration::from_millis(40)).await;
        cluster.kill();
        cluster.restart().expect("the server recovers");
    }
    until_all_advance(url).await;
    writers.end().await;
    until_followed(url).await;
    workers.shutdown().await.expect("ended");

    let mut truth = Truth::read(url).await;
    truth.assert_balances("inline_balances").await;
    let again = truth.assert_all().await;
    figure(&format!(
        "{} crashes, {} events, {again} delivered again",
        torture::times(CRASHES),
        truth.events.len()
    ));
}
