//! Calls to a store end: when the store is closed, and in any runtime.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use eventsource::{
    Position,
    store::{AppendError, EventStore, LogFilter, StoreError},
};
use eventsource_conformance::waiting::in_time;
use eventsource_sqlite::{SqliteOptions, SqliteStore};

use crate::support::{append_to, directory, log_after, open};

/// More than fit into one transaction.
const APPENDS: usize = 3_000;
const READS: usize = 20;

#[tokio::test]
async fn a_file_that_is_closed_by_all_programs_is_a_backup_without_its_log() {
    let directory = directory();
    let (path, log) = (directory.path().join("store.db"), directory.path().join("store.db-wal"));
    let (first, second) = (open(&path).await, open(&path).await);
    first.append(append_to("a")).await.expect("appended");
    second.append(append_to("b")).await.expect("appended");
    first.close().await;
    assert!(log.exists(), "another program has the file open");
    second.close().await;
    assert!(!log.exists());
    let copy = directory.path().join("copy.db");
    std::fs::copy(&path, &copy).expect("copied");
    assert_eq!(log_after(&open(&copy).await, Position::START).await.len(), 2);
}

#[tokio::test]
async fn calls_made_before_the_store_is_closed_are_completed() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = SqliteStore::open_with(&path, SqliteOptions::new().max_readers(1)).await.expect("opened");
    store.append(append_to("first")).await.expect("appended");
    let called = Arc::new(AtomicUsize::new(0));
    let appending = (0..APPENDS).map(|n| {
        let (store, called) = (store.clone(), Arc::clone(&called));
        tokio::spawn(async move {
            called.fetch_add(1, Ordering::Relaxed);
            store.append(append_to(n)).await
        })
    });
    let appending: Vec<_> = appending.collect();
    let reading = (0..READS).map(|_| {
        let (store, called) = (store.clone(), Arc::clone(&called));
        tokio::spawn(async move {
            called.fetch_add(1, Ordering::Relaxed);
            store.read_log(Position::START, &LogFilter::all(), 1).await
        })
    });
    let reading: Vec<_> = reading.collect();
    // There is one thread, so a counted task runs until it has to wait.
    while called.load(Ordering::Relaxed) < APPENDS + READS {
        tokio::task::yield_now().await;
    }
    store.close().await;
    for appending in appending {
        appending.await.expect("an end").expect("it was called before");
    }
    for reading in reading {
        reading.await.expect("an end").expect("it was called before");
    }
    let error = store.append(append_to("late")).await.expect_err("closed");
    assert!(matches!(error, AppendError::Store(StoreError::Unavailable { .. })), "{error:?}");
    store.read_log(Position::START, &LogFilter::all(), 1).await.expect_err("closed");
    assert_eq!(log_after(&open(&path).await, Position::START).await.len(), APPENDS + 1);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn an_append_without_a_runtime_ends() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let runtime = runtime();
    let store = runtime.block_on(open(&path));
    let mut appending = pin!(store.append(append_to("a")));
    let Poll::Ready(outcome) = appending.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits, and no worker ever stores it");
    };
    let error = outcome.expect_err("there is no runtime");
    assert!(matches!(error, AppendError::Store(StoreError::Unavailable { .. })), "{error:?}");
    runtime.block_on(store.append(append_to("a"))).expect("appended");
}

#[test]
fn an_append_does_not_wait_for_an_idle_runtime() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let (one, other) = (runtime(), runtime());
    let store = one.block_on(open(&path));
    // The append is begun, and its runtime does not run any more.
    one.block_on(async {
        let mut appending = pin!(store.append(append_to("one")));
        assert!(appending.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    let appended = other
        .block_on(async { in_time("an append that nothing blocks", store.append(append_to("other"))).await });
    appended.expect("appended");
    one.block_on(store.append(append_to("one"))).expect("appended");
    assert_eq!(one.block_on(log_after(&store, Position::START)).len(), 3, "the interrupted append is stored");
}
