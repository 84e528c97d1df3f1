//! A file that is moved, deleted or replaced while a program has it open: no receipt for events that nobody finds.

use std::{error::Error, fs, path::Path};

use eventsource::{
    Position,
    store::{AppendError, EventStore, LogFilter, StoreError},
};
use eventsource_sqlite::{OpenError, SqliteStore};

use crate::support::{append_to, contents, directory, log_after, open, run};

fn assert_refused(error: &StoreError, what_happened: &str) {
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let text = error.source().expect("a source").to_string();
    assert!(text.contains(what_happened) && text.contains("put the file back"), "{text}");
}

/// Nothing is appended, and the error says what happened.
async fn assert_append_refused(store: &SqliteStore, what_happened: &str) {
    let error = store.append(append_to("refused")).await.expect_err("the file is gone");
    let AppendError::Store(error) = error else { panic!("{error:?}") };
    assert_refused(&error, what_happened);
}

async fn assert_read_refused(store: &SqliteStore, what_happened: &str) {
    let read = store.read_log(Position::START, &LogFilter::all(), 10).await;
    assert_refused(&read.expect_err("the file is gone"), what_happened);
}

async fn opened(path: &Path) -> SqliteStore {
    let store = open(path).await;
    store.append(append_to("a")).await.expect("appended");
    assert_eq!(log_after(&store, Position::START).await.len(), 1);
    store
}

fn name_with(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}

#[tokio::test]
async fn a_file_that_was_moved_is_not_written_until_it_is_back() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = opened(&path).await;
    let elsewhere = directory.path().join("elsewhere.db");
    fs::rename(&path, &elsewhere).expect("moved");
    assert_append_refused(&store, "moved or deleted").await;
    assert_read_refused(&store, "moved or deleted").await;
    fs::rename(&elsewhere, &path).expect("moved back");
    store.append(append_to("a")).await.expect("appended");
    assert_eq!(log_after(&store, Position::START).await.len(), 2, "nothing of the refused appends");
}

/// Opening it would create an empty file, and delete the log next to it.
#[cfg(unix)]
#[tokio::test]
async fn a_write_ahead_log_without_its_file_is_kept_until_the_file_is_back() {
    for (is_link, is_empty) in [(false, false), (false, true), (true, false), (true, true)] {
        let (directory, of_links) = (directory(), directory());
        let [file, elsewhere] = ["store.db", "elsewhere.db"].map(|name| directory.path().join(name));
        let link = of_links.path().join("link.db");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let path = if is_link { &link } else { &file };
        let store = opened(path).await;
        fs::rename(&file, &elsewhere).expect("moved");
        store.close().await;
        if is_empty {
            fs::write(&file, "").expect("written");
        }
        let before = contents(directory.path());
        let refused = SqliteStore::open(path).await.map(|_| ()).expect_err("refused");
        assert!(matches!(refused, OpenError::OnlyLog { .. }), "{refused:?}");
        let text = refused.to_string();
        assert!(text.contains("store.db-wal") && text.contains("put that file back"), "{text}");
        assert!(contents(directory.path()) == before, "nothing has changed");
        fs::rename(&elsewhere, &file).expect("moved back");
        let store = open(path).await;
        assert_eq!(log_after(&store, Position::START).await.len(), 1);
    }
}

#[tokio::test]
async fn a_file_that_was_deleted_is_not_written() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = opened(&path).await;
    fs::remove_file(&path).expect("deleted");
    assert_append_refused(&store, "moved or deleted").await;
    assert_read_refused(&store, "moved or deleted").await;
    assert!(!path.exists(), "no new file is created");
}

#[tokio::test]
async fn a_file_that_was_replaced_by_a_restored_one_is_not_written() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = opened(&path).await;
    let backup = directory.path().join("backup.db");
    run(&path, format!("vacuum into '{}'", backup.display())).await;
    store.append(append_to("a")).await.expect("appended");
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(name_with(&path, suffix)).expect("deleted");
    }
    fs::rename(&backup, &path).expect("replaced");
    assert_append_refused(&store, "replaced by another file").await;
    assert_read_refused(&store, "replaced by another file").await;
    let restored = open(&path).await;
    restored.append(append_to("a")).await.expect("appended");
    assert_eq!(log_after(&restored, Position::START).await.len(), 2, "those of the backup, and the new one");
    assert_append_refused(&store, "replaced by another file").await;
}

#[tokio::test]
async fn a_file_whose_write_ahead_log_was_deleted_is_not_written() {
    for suffix in ["-wal", "-shm"] {
        let directory = directory();
        let path = directory.path().join("store.db");
        let store = opened(&path).await;
        fs::remove_file(name_with(&path, suffix)).expect("deleted");
        assert_append_refused(&store, "moved or deleted").await;
    }
}

/// Links may lead to the file, in its path or as the file itself.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_to_another_file_counts_as_replaced() {
    let directory = directory();
    let [first, second, link] = ["first.db", "second.db", "link.db"].map(|name| directory.path().join(name));
    open(&second).await.close().await;
    open(&first).await.close().await;
    std::os::unix::fs::symlink(&first, &link).expect("a link");
    let store = opened(&link).await;
    fs::remove_file(&link).expect("deleted");
    std::os::unix::fs::symlink(&second, &link).expect("a link");
    assert_append_refused(&store, "replaced by another file").await;
}
