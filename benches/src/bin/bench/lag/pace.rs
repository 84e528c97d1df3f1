//! Appending at a steady rate, and polling a table for the appended events.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource_benches::{Error, Latencies};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval},
};

/// 200 a second.
const PERIOD: Duration = Duration::from_millis(5);
/// The time between two polls of the table; a poll takes a round trip in addition.
const POLL_INTERVAL: Duration = Duration::from_micros(500);
/// How long the table may lack an event after the last one was reported as applied.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Appended before anything is measured, so that connections are open and statements prepared.
const WARM_UP: usize = 100;

/// The latencies after an append has returned, of one subject.
pub(crate) struct Measured {
    /// Until the process that applies the event reports it as applied.
    pub(crate) reported: Latencies,
    /// Until another connection sees it in the table.
    pub(crate) seen: Latencies,
}

/// One way to append and apply.
pub(crate) trait Subject: Send + Sync + 'static {
    /// The receipt of an append.
    type Receipt: Send;

    /// The table in whose column `n` the numbers appear.
    const TABLE: &'static str;

    /// Appends a number.
    fn append(&self, n: i64) -> impl Future<Output = Result<Self::Receipt, Error>> + Send;

    /// Waits until the append is reported as applied.
    fn applied(&self, receipt: Self::Receipt) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Appends the numbers from 1.
pub(crate) async fn measure<S: Subject>(url: &str, subject: S, events: usize) -> Result<Measured, Error> {
    let subject = Arc::new(subject);
    let (seen, mut sightings) = mpsc::unbounded_channel();
    let watch = watch(url, S::TABLE, events + WARM_UP, seen).await?;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut running = JoinSet::new();
    for n in 1..=i64::try_from(events + WARM_UP)? {
        ticks.tick().await;
        let subject = Arc::clone(&subject);
        running.spawn(async move {
            let receipt = subject.append(n).await?;
            let appended = Instant::now();
            subject.applied(receipt).await?;
            Ok::<_, Error>((n, appended, Instant::now()))
        });
    }
    let mut appended = vec![None; events + WARM_UP];
    while let Some(done) = running.join_next().await {
        let (n, at, reported) = done??;
        appended[usize::try_from(n - 1)?] = Some((at, reported));
    }
    tokio::time::timeout(TIMEOUT, watch)
        .await
        .map_err(|_| "an applied event does not appear in the table")???;
    let mut measured = (Vec::new(), Vec::new());
    while let Ok((n, seen)) = sightings.try_recv() {
        let Some((at, reported)) = appended[usize::try_from(n - 1)?] else {
            return Err("seen, not appended".into());
        };
        if usize::try_from(n)? > WARM_UP {
            measured.0.push(reported - at);
            measured.1.push(seen.saturating_duration_since(at));
        }
    }
    assert_eq!(measured.0.len(), events, "all events are seen");
    Ok(Measured { reported: Latencies::of(measured.0), seen: Latencies::of(measured.1) })
}

/// Polls the table on its own connection until it has all numbers.
async fn watch(
    url: &str,
    table: &str,
    events: usize,
    seen: mpsc::UnboundedSender<(i64, Instant)>,
) -> Result<JoinHandle<Result<(), Error>>, Error> {
    let mut connection = PgConnection::connect(url).await?;
    let statement = format!("select n from {table} where n >= $1 and n <> all ($2)");
    let last = i64::try_from(events)?;
    Ok(tokio::spawn(async move {
        // The table has all numbers below `first`, and the numbers in `later` above it.
        let (mut first, mut later) = (1, Vec::new());
        while first <= last {
            let query =
                sqlx::query_scalar::<_, i64>(AssertSqlSafe(statement.clone())).bind(first).bind(&later);
            for n in query.fetch_all(&mut connection).await? {
                seen.send((n, Instant::now()))?;
                later.push(n);
            }
            while let Some(index) = later.iter().position(|n| *n == first) {
                later.swap_remove(index);
                first += 1;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }))
}
