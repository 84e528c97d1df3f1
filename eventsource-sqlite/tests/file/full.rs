//! A full disk.

use eventsource::{
    Position, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, StoreError},
};
use eventsource_sqlite::{SqliteOptions, SqliteStore};

use crate::support::{append_to, directory, event_of, log_after, open, run, stream};

/// A payload of this many bytes.
fn large(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}

fn append_large(id: u64, bytes: usize) -> Append {
    Append::to(stream(id), ExpectedVersion::Any, vec![event_of(&large(bytes))])
}

fn assert_full(error: &AppendError) {
    let AppendError::Store(StoreError::Unavailable { source, .. }) = error else { panic!("{error:?}") };
    assert!(error.is_retryable());
    assert!(source.to_string().contains("database or disk is full"), "{source}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_events_survive_a_full_disk_and_appends_succeed_once_there_is_room() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    // Other data in the file, which is dropped later to make room.
    run(&path, "create table ballast (bytes); insert into ballast values (zeroblob(300000))").await;
    let store = SqliteStore::open_with(&path, SqliteOptions::new().max_file_bytes(1_000_000)).await;
    let store = store.expect("opened");
    // Many at a time, so that the disk becomes full within a batch.
    let appending = (0..400).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { (n, store.append(append_large(n, 5_000)).await) })
    });
    let (mut stored, mut failed) = (Vec::new(), 0);
    for appending in appending.collect::<Vec<_>>() {
        match appending.await.expect("an end") {
            (_, Ok(receipts)) => stored.push(receipts[0].clone()),
            (_, Err(error)) => {
                assert_full(&error);
                failed += 1;
            }
        }
    }
    assert!(stored.len() > 50 && failed > 50, "{} were stored, {failed} failed", stored.len());
    let check = async |store: &SqliteStore, expected: usize| {
        let log = log_after(store, Position::START).await;
        assert_eq!(log.len(), expected, "the acknowledged events only");
        for receipt in &stored {
            let index = usize::try_from(receipt.position.get()).expect("a short log") - 1;
            assert_eq!(
                (&log[index].context.stream, log[index].context.version),
                (&receipt.stream, Version::new(1))
            );
        }
    };
    check(&store, stored.len()).await;
    run(&path, "drop table ballast").await;
    store.append(append_large(1_000, 5_000)).await.expect("there is room again");
    check(&store, stored.len() + 1).await;
    store.close().await;
    let store = open(&path).await;
    check(&store, stored.len() + 1).await;
    store.append(append_large(1_001, 2_000_000)).await.expect("without a limit there is room on the disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_without_room_does_not_fail_the_other_appends_of_its_batch() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = SqliteStore::open_with(&path, SqliteOptions::new().max_file_bytes(1_000_000)).await;
    let store = store.expect("opened");
    let mut appends: Vec<_> = (0..20).map(append_to).collect();
    appends.insert(7, append_large(7_777, 4_000_000));
    let appending = appends.into_iter().map(|append| {
        let store = store.clone();
        tokio::spawn(async move { store.append(append).await })
    });
    let mut outcomes = Vec::new();
    for appending in appending.collect::<Vec<_>>() {
        outcomes.push(appending.await.expect("an end"));
    }
    assert_full(&outcomes.remove(7).expect_err("there is no room for it"));
    for outcome in outcomes {
        outcome.expect("appended");
    }
}
