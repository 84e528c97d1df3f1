//! Readers that never pause.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use eventsource::{
    Position,
    store::{Append, EventStore, ExpectedVersion, LogFilter},
};
use eventsource_sqlite::SqliteStore;

use crate::support::{directory, event_of, open, stream};

/// Reads the whole log repeatedly, page by page.
async fn read(store: SqliteStore, over: Arc<AtomicBool>) {
    let mut after = Position::START;
    while !over.load(Ordering::Relaxed) {
        let page = store.read_log(after, &LogFilter::all(), 200).await.expect("the log can be read");
        after = if page.at_head { Position::START } else { page.horizon };
    }
}

fn megabytes(file: &Path) -> u64 {
    std::fs::metadata(file).expect("the file is there").len() >> 20
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_write_ahead_log_stays_short_under_readers_that_never_pause() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(read(store.clone(), Arc::clone(&over)))).collect();
    let payload = format!("\"{}\"", "x".repeat(10_000));
    let mut largest = 0;
    for round in 0..80 {
        let appends =
            (0..100).map(|_| Append::to(stream(round), ExpectedVersion::Any, vec![event_of(&payload)]));
        for outcome in store.append_each(appends.collect()).await {
            outcome.expect("appended");
        }
        largest = largest.max(megabytes(&directory.path().join("store.db-wal")));
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.expect("the reader ends");
    }
    assert!(megabytes(&path) > 40, "most of it is in the file, not {} MB", megabytes(&path));
    // Up to twice the limit, where the truncation did not wait for a reader.
    assert!(largest <= 70, "{largest} MB were written ahead");
}
