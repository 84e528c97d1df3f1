//! Hints that get lost: then other processes look later, and never not at all.

use std::time::{Duration, Instant};

use eventsource::{WorkerOptions, Workers, prelude::*};

use tokio::time::sleep;

use super::{
    bank::{Deposit, Seen},
    support::{connect, database, figure, number, patient, quick, store, until},
    truth::Truth,
    writers::append_by_hand,
};

/// Who listens is a backend of its own, which does nothing else.
const LISTENERS: &str = "select count(*) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'";
const KILL_LISTENERS: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'";

/// Who has just seen something looks again soon, whether or not there is a hint. After as long without anything it is
/// hints that count.
const QUIET: Duration = Duration::from_millis(500);

async fn program(url: &str, poll: Duration) -> (EventSource<PostgresStore>, Workers) {
    let es = EventSource::builder(store(url).await).retry(patient()).projection(Seen).build();
    let workers = es.start_with(WorkerOptions { poll, ..quick() }).await.expect("started");
    (es, workers)
}

fn median(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_is_killed_delays_others_and_stops_nobody() {
    let database = database().await;
    let url = database.url();
    // Without hints it would look every ten seconds.
    let poll = Duration::from_secs(10);
    let (works, workers) = program(url, poll).await;
    let writes = EventSource::builder(store(url).await).retry(patient()).build();
    let mut connection = connect(url).await;
    let seen_after = async || {
        let position = writes.execute(Deposit("a", 1)).await.expect("accepted").position;
        let since = Instant::now();
        works.wait_for("seen", position).timeout(Duration::from_secs(30)).await.expect("followed");
        since.elapsed()
    };
    seen_after().await;
    until("it to listen", async || number(&mut connection, LISTENERS).await == 1).await;
    let mut hinted = Vec::new();
    for _ in 0..8 {
        sleep(QUIET).await;
        hinted.push(seen_after().await);
    }
    let mut missed = Vec::new();
    for _ in 0..8 {
        sleep(QUIET).await;
        until("it to listen", async || number(&mut connection, LISTENERS).await == 1).await;
        assert_eq!(number(&mut connection, KILL_LISTENERS).await, 1);
        missed.push(seen_after().await);
    }
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_seen().await;
    let ((hinted, hinted_most), (missed, missed_most)) = (median(hinted), median(missed));
    figure(&format!(
        "with a hint {hinted:?}, {hinted_most:?} at most; after a kill {missed:?}, {missed_most:?} at most"
    ));
    assert!(hinted < Duration::from_secs(1), "no hint came: {hinted:?}");
    assert!(missed < Duration::from_secs(3), "who listens again looks at once: {missed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_hint_it_is_seen_by_looking() {
    let database = database().await;
    let url = database.url();
    let poll = Duration::from_millis(200);
    let (works, workers) = program(url, poll).await;
    let mut connection = connect(url).await;
    let mut writer = connect(url).await;
    let mut lags = Vec::new();
    for n in 0..12 {
        sleep(QUIET).await;
        // Nobody can listen for long, and who writes past the store says nothing to anyone.
        number(&mut connection, KILL_LISTENERS).await;
        append_by_hand(&mut writer, "a", &[n]).await.expect("appended");
        let since = Instant::now();
        let last = "select max(position) from eventsource.events";
        let last = u64::try_from(number(&mut connection, last).await).expect("a position");
        works.wait_for("seen", Position::new(last)).await.expect("followed");
        lags.push(since.elapsed());
    }
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_seen().await;
    let (lag, most) = median(lags);
    figure(&format!("without a hint {lag:?}, {most:?} at most, looking every {poll:?}"));
    assert!(lag < poll + Duration::from_secs(1), "{lag:?}");
}
