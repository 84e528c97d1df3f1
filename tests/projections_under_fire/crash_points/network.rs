//! Connections that are cut at pseudo-random points.

use std::time::Duration;

use eventsource_harness::Proxy;

use crate::projections_under_fire::{
    child::Role,
    support::{
        Chance, database, figure, port_of, quick, store, torture, until, until_all_advance, until_followed,
        until_inline,
    },
    truth::Truth,
    writers::Writers,
};

/// How many times connections are cut.
const CUTS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_connection_is_cut_each_event_counts_once() {
    let database = database().await;
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let url = proxy.url(database.url());
    let program = Role::All.program(store(&url).await, &url);
    let workers = program.start_with(quick()).await.expect("started");
    until_inline(database.url()).await;
    let mut writers = Writers::default();
    writers.tell(&program, 4, Duration::from_millis(10));
    let mut chance = Chance(47);
    for round in 0..torture::times(CUTS) {
        let cuts = proxy.cuts();
        // A command is a few thousand bytes in both directions.
        proxy.cut_after(usize::try_from(chance.below(40_000)).expect("a small number"));
        until("a connection to be cut", async || proxy.cuts() > cuts).await;
        if round % 10 == 0 {
            proxy.cut();
            until_all_advance(database.url()).await;
        }
    }
    writers.end().await;
    until_followed(database.url()).await;
    workers.shutdown().await.expect("ended");

    let mut truth = Truth::read(database.url()).await;
    truth.assert_balances("inline_balances").await;
    let again = truth.assert_all().await;
    figure(&format!("{} cuts, {} events, {again} delivered again", torture::times(CUTS), truth.events.len()));
}
