//! What a crash of the server undoes: batches that were acknowledged and not yet flushed, and positions that were
//! assigned only by transactions that rolled back.

use std::time::Duration;

use eventsource::{Workers, prelude::*, store::EventStore};
use eventsource_harness::{Cluster, Settings, TestDatabase};

use super::{
    bank::{Deposit, Seen, Whole},
    support::{
        Chance, connect, database_on, followed, number, patient, quick, run, store, torture, until_followed,
    },
    truth::Truth,
    writers::append_by_hand,
};

/// A server that delays its background flush for a long time.
async fn lazy(settings: Settings) -> (Cluster, TestDatabase) {
    let cluster = Cluster::start(settings.set("wal_writer_delay", "10s")).expect("a server");
    let database = database_on(&cluster.url("postgres")).await;
    (cluster, database)
}

async fn program(url: &str) -> (EventSource<PostgresStore>, Workers) {
    let builder = EventSource::builder(store(url).await).retry(patient());
    let es = builder.projection(Whole::projection()).projection(Seen).build();
    // Heartbeats are flushed, with everything before them. So they must be rare.
    let options = quick().lease(Duration::from_secs(3));
    let workers = es.start_with(options).await.expect("started");
    (es, workers)
}

/// How many times the server crashes.
const CRASHES: usize = 4;

/// Whether another crash is needed: at least the configured number, and then more until one has lost something.
/// That depends on what the server had flushed at that moment.
fn is_over(round: i64, has_shown: bool) -> bool {
    let least = i64::try_from(torture::at_least(2, CRASHES)).expect("few");
    round + 1 >= least && (has_shown || round + 1 >= 10 * least)
}

/// Deposits, and waits until both projections have applied the events: their batches are then acknowledged, but not
/// flushed.
async fn deposit(es: &EventSource<PostgresStore>, count: u64) {
    let mut last = Position::START;
    for n in 0..count {
        last = es.execute(Deposit(&(n % 7).to_string(), 1)).await.expect("accepted").position;
    }
    for projection in [Whole::TABLE, Seen::NAME] {
        followed(es, projection, last).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_lost_in_a_crash_are_written_again_even_without_new_events() {
    let (mut cluster, database) = lazy(Settings::fast()).await;
    let (es, workers) = program(database.url()).await;
    let mut lost = 0;
    for round in 0.. {
        deposit(&es, 30).await;
        cluster.kill();
        cluster.restart().expect("the server recovers");
        let seen = number(&mut connect(database.url()).await, "select count(*) from seen").await;
        lost += 30 * (round + 1) - seen;
        until_followed(database.url()).await;
        let mut truth = Truth::read(database.url()).await;
        truth.assert_balances("whole").await;
        truth.assert_seen().await;
        if is_over(round, lost > 0) {
            break;
        }
    }
    assert!(lost > 0, "no batch was lost, so the test has proved nothing");
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_lost_in_a_crash_do_not_stay_cached() {
    let (mut cluster, database) = lazy(Settings::fast()).await;
    let (es, workers) = program(database.url()).await;
    for _ in 0..torture::at_least(2, CRASHES) {
        deposit(&es, 30).await;
        cluster.kill();
        cluster.restart().expect("the server recovers");
        deposit(&es, 30).await;
    }
    until_followed(database.url()).await;
    workers.shutdown().await.expect("ended");
    let mut truth = Truth::read(database.url()).await;
    truth.assert_balances("whole").await;
    truth.assert_seen().await;
}

const EVENTS: &str = "select count(*) from eventsource.events";

/// Flushes everything, just before the sequence is logged again, which the server does once per 32 numbers. Returns
/// the number of events.
async fn until_flushed(url: &str) -> i64 {
    let mut connection = connect(url).await;
    let ahead = "select log_cnt from eventsource.event_position";
    run(&mut connection, "set synchronous_commit = on; select nextval('eventsource.event_position')").await;
    while number(&mut connection, ahead).await != 1 {
        run(&mut connection, "select nextval('eventsource.event_position')").await;
    }
    // At the beginning of a WAL page: a full page would be written immediately.
    run(&mut connection, "select pg_switch_wal()").await;
    number(&mut connection, EVENTS).await
}

/// Like a failover to a standby that is behind: the log itself goes back, and other events get the positions.
#[tokio::test(flavor = "multi_thread")]
async fn read_models_go_back_with_a_log_that_lost_its_end() {
    let (mut cluster, database) = lazy(Settings::fast().set("synchronous_commit", "off")).await;
    let url = database.url();
    let (es, workers) = program(url).await;
    let mut lost = 0;
    for round in 0.. {
        let before = until_flushed(url).await;
        deposit(&es, 4).await;
        cluster.kill();
        cluster.restart().expect("the server recovers");
        lost += before + 4 - number(&mut connect(url).await, EVENTS).await;
        for _ in 0..3 {
            es.execute(Deposit(&format!("round {round}"), 1)).await.expect("accepted");
            until_followed(url).await;
        }
        let mut truth = Truth::read(url).await;
        truth.assert_balances("whole").await;
        truth.assert_seen().await;
        if is_over(round, lost > 0) {
            break;
        }
    }
    assert!(lost > 0, "no event was lost, so the test has proved nothing");
    workers.shutdown().await.expect("ended");
}

/// Positions that were assigned and never committed are assigned again: a horizon above the last event says nothing
/// about the next events.
#[tokio::test(flavor = "multi_thread")]
async fn events_at_reused_positions_are_not_missed() {
    let (mut cluster, database) = lazy(Settings::fast()).await;
    let url = database.url();
    let (es, workers) = program(url).await;
    let drawn = "select last_value from eventsource.event_position";
    let (mut chance, mut fell) = (Chance(5), 0);
    for round in 0.. {
        deposit(&es, 5).await;
        let mut connection = connect(url).await;
        run(&mut connection, "begin").await;
        append_by_hand(&mut connection, "none", &[1]).await.expect("drawn");
        // The same number of events would work as well, but their rows would fill WAL pages, which the server
        // writes immediately.
        run(&mut connection, "select nextval('eventsource.event_position') from generate_series(1, 500)")
            .await;
        let before = number(&mut connection, drawn).await;
        run(&mut connection, "rollback").await;
        // Makes the feed poll the log, which reads the state of the sequence.
        for _ in 0..3 {
            es.store().announce().await.expect("announced");
            chance.pause(Duration::from_millis(30)).await;
        }
        cluster.kill();
        cluster.restart().expect("the server recovers");
        fell += before - number(&mut connect(url).await, drawn).await;
        for _ in 0..20 {
            es.execute(Deposit("again", 1)).await.expect("accepted");
        }
        until_followed(url).await;
        let mut truth = Truth::read(url).await;
        truth.assert_balances("whole").await;
        truth.assert_seen().await;
        if is_over(round, fell > 0) {
            break;
        }
    }
    assert!(fell > 0, "no position was assigned again, so the test has proved nothing");
    workers.shutdown().await.expect("ended");
}
