//! A server that is killed during appends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use eventsource_conformance::{torture, waiting::wait_for};
use eventsource_core::{
    EventId, Position, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, LogFilter, Receipt},
};
use eventsource_harness::{Cluster, Settings, TestDatabase};
use eventsource_postgres::{PostgresOptions, PostgresStore};

use crate::support::{
    SeededRandom, append_to, assert_streams_are_whole, database_on, event, stored, stream, wait_until,
};

const WRITERS: u64 = 8;
/// How often the server is killed.
const CRASHES: usize = 4;

/// Progress counters that all tasks share.
#[derive(Debug, Default)]
struct Progress {
    over: AtomicBool,
    all_written: AtomicBool,
    acknowledged: AtomicUsize,
    failed: AtomicUsize,
}

impl Progress {
    /// Counts a failure, and pauses before the retry, as a program would.
    async fn failed(&self, random: &mut SeededRandom) {
        self.failed.fetch_add(1, Ordering::SeqCst);
        random.pause(Duration::from_millis(40)).await;
    }
}

/// Appends alternately to a stream of its own and to one that all writers share, until the test is over. A failed append is
/// retried unchanged. Returns the acknowledged appends.
async fn write(store: PostgresStore, writer: u64, progress: Arc<Progress>) -> Vec<(EventId, Receipt)> {
    let mut random = SeededRandom(writer);
    let mut own = Version::EMPTY;
    let mut acknowledged = Vec::new();
    for round in 0.. {
        if progress.over.load(Ordering::SeqCst) {
            break;
        }
        let append = match round % 2 {
            0 => append_to("common"),
            _ => Append::to(stream(writer), ExpectedVersion::Exact(own), vec![event(), event()]),
        };
        let mut next = append.clone();
        let receipt = loop {
            match store.append(next).await {
                Ok(mut receipts) => break receipts.remove(0),
                Err(error) => {
                    assert!(error.is_retryable(), "{error:?}");
                    next = match error {
                        AppendError::OutcomeUnknown { append, .. } => *append,
                        _ => append.clone(),
                    };
                }
            }
            progress.failed(&mut random).await;
        };
        if round % 2 == 1 {
            own = receipt.version;
        }
        let last = append.streams[0].events.last().expect("there are events").id;
        acknowledged.push((last, receipt));
        progress.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Follows the log across all crashes. It resumes at the position of the last event: after a crash, the server may draw
/// positions again that only lost transactions had drawn.
async fn follow(store: PostgresStore, progress: Arc<Progress>) -> Vec<EventId> {
    let mut random = SeededRandom(99);
    let mut seen = Vec::new();
    let mut after = Position::START;
    loop {
        let all_written = progress.all_written.load(Ordering::SeqCst);
        match store.read_log(after, &LogFilter::all(), 50).await {
            Ok(page) => {
                seen.extend(page.events.iter().map(|event| event.context.id));
                after = page.events.last().map_or(after, |event| event.context.position);
                if all_written && page.at_head {
                    return seen;
                }
            }
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                progress.failed(&mut random).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_appends_survive_crashes_and_the_store_continues() {
    let mut cluster = Cluster::start(Settings::durable()).expect("a server");
    let database: TestDatabase = database_on(&cluster.url("postgres")).await;
    // Shorter than a restart, so that callers see it.
    let options =
        PostgresOptions::new(database.url()).expect("a URL").acquire_timeout(Duration::from_millis(100));
    let options = options.max_connections(6);
    // On a busy machine, a connection may take longer than that.
    let store =
        wait_for("a store", || async { options.clone().connect().await.map_err(|error| error.to_string()) })
            .await;

    let progress = Arc::new(Progress::default());
    let writers: Vec<_> =
        (0..WRITERS).map(|n| tokio::spawn(write(store.clone(), n, Arc::clone(&progress)))).collect();
    let reader = tokio::spawn(follow(store.clone(), Arc::clone(&progress)));
    let appends_continue = || async {
        let before = progress.acknowledged.load(Ordering::SeqCst);
        let more = || async {
            let now = progress.acknowledged.load(Ordering::SeqCst);
            if now >= before + 50 { Ok(()) } else { Err(now) }
        };
        wait_until("the same store to append again", more).await;
    };
    for _ in 0..torture::times(CRASHES) {
        appends_continue().await;
        let failed = progress.failed.load(Ordering::SeqCst);
        cluster.kill();
        let noticed = || async { progress.failed.load(Ordering::SeqCst) > failed };
        wait_until("a task to notice the crash", noticed).await;
        cluster.restart().expect("the server recovers");
    }
    appends_continue().await;
    progress.over.store(true, Ordering::SeqCst);

    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("no writer fails permanently"));
    }
    progress.all_written.store(true, Ordering::SeqCst);
    let read = reader.await.expect("the reader does not fail permanently");
    let log = stored(database.url()).await;
    assert_streams_are_whole(&log);
    let events: usize =
        acknowledged.iter().map(|(_, receipt)| if receipt.stream == stream("common") { 1 } else { 2 }).sum();
    assert_eq!(
        log.len(),
        events,
        "each append was repeated until it was acknowledged, so there are no other events"
    );
    for (id, receipt) in acknowledged {
        let kept = log.iter().find(|kept| kept.id == id).unwrap_or_else(|| panic!("{receipt:?} is lost"));
        let kept = (&kept.stream, kept.version, kept.position);
        assert_eq!(kept, (&receipt.stream, receipt.version.get(), receipt.position.get()));
    }
    let ids: Vec<EventId> = log.iter().map(|event| event.id).collect();
    assert!(read == ids, "the reader saw {} of {} events, or in another order", read.len(), ids.len());
}
