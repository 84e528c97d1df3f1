//! Lost notifications: other processes then see an append later, by polling.

use std::time::{Duration, Instant};

use eventsource::{Workers, postgres::sqlx::PgConnection, prelude::*};

use tokio::time::sleep;

use super::{
    bank::{Deposit, Seen},
    support::{connect, database, figure, followed, number, patient, quick, store, torture, until},
    truth::Truth,
    writers::append_by_hand,
};

/// The listener is a separate backend, which does nothing else.
const LISTENERS: &str = "select count(*) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'";
const KILL_LISTENERS: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'";

/// A feed that has just read events polls again soon, with or without a notification: after one millisecond, two,
/// four, and so on. After this long without events, the current wait has a second and a half left; an append that
/// is seen earlier was seen because of a notification.
const QUIET: Duration = Duration::from_millis(2_600);
const NEXT_LOOK: Duration = Duration::from_millis(4_095);

/// How many appends must be seen because of a notification, and how many may be late for each of them, as on a busy
/// machine.
const HINTS: usize = 8;
const LATE: usize = 10;

async fn program(url: &str, poll: Duration) -> (EventSource<PostgresStore>, Workers) {
    let es = EventSource::builder(store(url).await).retry(patient()).projection(Seen).build();
    let workers = es.start_with(quick().poll(poll)).await.expect("started");
    (es, workers)
}

fn median(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_listener_delays_other_processes_and_stops_none() {
    let database = database().await;
    let url = database.url();
    // Without notifications its waits would only grow.
    let poll = Duration::from_secs(3_600);
    let (works, workers) = program(url, poll).await;
    let writes = EventSource::builder(store(url).await).retry(patient()).build();
    let mut connection = connect(url).await;
    let seen_after = async || {
        let position = writes.execute(Deposit("a", 1)).await.expect("accepted").position;
        let since = Instant::now();
        followed(&works, "seen", position).await;
        since.elapsed()
    };
    let until_it_listens = async |connection: &mut PgConnection| {
        until("the process to listen", async || match number(connection, LISTENERS).await {
            1 => Ok(()),
            listeners => Err(listeners),
        })
        .await;
    };
    seen_after().await;
    let wanted = torture::times(HINTS);
    let (mut hinted, mut missed) = (Vec::new(), Vec::new());
    for (seen, kills) in [(&mut hinted, false), (&mut missed, true)] {
        let mut late = 0;
        while seen.len() < wanted {
            let since = Instant::now();
            sleep(QUIET).await;
            until_it_listens(&mut connection).await;
            if kills {
                assert_eq!(number(&mut connection, KILL_LISTENERS).await, 1);
            }
            let lag = seen_after().await;
            if since.elapsed() < NEXT_LOOK {
                seen.push(lag);
            } else {
                late += 1;
                assert!(
                    late < LATE * wanted,
                    "no notification arrived, or the listener was not restarted: {lag:?}"
                );
            }
        }
    }
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_seen().await;
    let ((hinted, hinted_most), (missed, missed_most)) = (median(hinted), median(missed));
    figure(&format!(
        "with a notification {hinted:?}, {hinted_most:?} at most; after a kill {missed:?}, {missed_most:?} at most"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_notifications_appends_are_found_by_polling() {
    let database = database().await;
    let url = database.url();
    let poll = Duration::from_millis(200);
    let (works, workers) = program(url, poll).await;
    let mut connection = connect(url).await;
    let mut writer = connect(url).await;
    let mut lags = Vec::new();
    for n in 0..12 {
        // So that it does not poll early just because it has read events.
        sleep(2 * poll).await;
        // No listener lives long, and appends without the store send no notification.
        number(&mut connection, KILL_LISTENERS).await;
        append_by_hand(&mut writer, "a", &[n]).await.expect("appended");
        let since = Instant::now();
        let last = "select max(position) from eventsource.events";
        let last = u64::try_from(number(&mut connection, last).await).expect("a position");
        followed(&works, "seen", Position::new(last)).await;
        lags.push(since.elapsed());
    }
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_seen().await;
    let (lag, most) = median(lags);
    figure(&format!("without a notification {lag:?}, {most:?} at most, polling every {poll:?}"));
}
