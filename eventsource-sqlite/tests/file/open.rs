//! A file that does not belong to a store is refused, and left unchanged.

use std::{error::Error, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use eventsource::store::{EventStore, StoreError};
use eventsource_sqlite::{OpenError, SqliteOptions, SqliteStore};

use crate::{
    child::{Process, Role},
    support::{append_to, contents, directory, open, run},
};

/// Opens a file that must be refused, and asserts that nothing in its directory has changed.
async fn refused(path: &Path) -> OpenError {
    let directory = path.parent().expect("a directory");
    let before = contents(directory);
    let refused = SqliteStore::open(path).await.map(|_| ()).expect_err("refused");
    assert!(contents(directory) == before, "{} has changed after {refused}", path.display());
    refused
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused() {
    for text in ["x", "not a database\n", &"a longer text ".repeat(10_000)] {
        let directory = directory();
        let path = directory.path().join("notes.txt");
        std::fs::write(&path, text).expect("written");
        let refused = refused(&path).await;
        assert!(matches!(refused, OpenError::NotADatabase { .. }), "{refused:?}");
        assert!(refused.to_string().contains("notes.txt"), "{refused}");
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    for (sql, id) in [
        ("create table accounts (id integer primary key)", 0),
        ("pragma application_id = 252006675; create table accounts (id)", 252_006_675),
        ("pragma journal_mode = wal; pragma application_id = 7; create table accounts (id)", 7),
        ("pragma user_version = 3", 0),
        ("pragma user_version = 1; create table eventsource_events (position)", 0),
    ] {
        let directory = directory();
        let path = directory.path().join("other.db");
        run(&path, sql).await;
        match refused(&path).await {
            OpenError::Foreign { application_id, .. } => assert_eq!(application_id, id, "{sql}"),
            error => panic!("{sql}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let directory = directory();
    let path = directory.path().join("empty.db");
    std::fs::write(&path, "").expect("written");
    open(&path).await.append(append_to("a")).await.expect("appended");
}

#[tokio::test]
async fn a_path_that_cannot_be_a_file_is_refused() {
    let directory = directory();
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("written");
    for path in [directory.path().to_owned(), directory.path().join("absent/store.db"), file.join("store.db")]
    {
        let refused = SqliteStore::open(&path).await.map(|_| ()).expect_err("refused");
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused:?}");
        assert!(refused.to_string().contains("name a file in a directory that exists"), "{refused}");
    }
    let refused = SqliteStore::open("").await.map(|_| ()).expect_err("refused");
    assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused:?}");
}

/// The outcome of opening a file of a store as a user whose rights are given by these modes.
async fn opened_without_rights(directory_mode: u32, file_mode: u32) -> String {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    store.append(append_to("a")).await.expect("appended");
    store.close().await;
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the test owns it");
    };
    allow(&path, file_mode);
    allow(directory.path(), directory_mode);
    let before = contents(directory.path());
    let reported = Process::start(Role::OpensWithoutRights, &path, "nobody").wait();
    assert!(contents(directory.path()) == before, "the file has changed");
    allow(directory.path(), 0o755);
    reported.concat()
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    // Opened by a user who does not own the file, which only root can become.
    if nix::unistd::geteuid().is_root() {
        assert_eq!(opened_without_rights(0o755, 0o644).await, "read-only");
    }
    assert_eq!(opened_without_rights(0o777, 0o444).await, "read-only");
    assert_eq!(opened_without_rights(0o755, 0o444).await, "read-only");
    assert_eq!(opened_without_rights(0o555, 0o666).await, "read-only");
}

#[tokio::test]
async fn a_closed_store_returns_an_error_that_says_so() {
    let directory = directory();
    let store = open(&directory.path().join("store.db")).await;
    store.close().await;
    let error = store.append(append_to("a")).await.expect_err("closed");
    let source = error.source().and_then(Error::source).expect("a reason").to_string();
    assert_eq!(source, "the store was closed");
    let error = store.find_receipt(&crate::support::stream("a"), "key").await.expect_err("closed");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_timeout_may_have_any_length() {
    let directory = directory();
    let path = directory.path().join("store.db");
    for wait in [Duration::ZERO, Duration::MAX] {
        let options = SqliteOptions::new().busy_timeout(wait).acquire_timeout(wait);
        let store = SqliteStore::open_with(&path, options).await.expect("opened");
        store.append(append_to("a")).await.expect("appended");
        assert!(!store.stored_types(1).await.expect("it can be read").is_empty());
    }
}

#[tokio::test]
async fn a_new_file_is_only_for_its_owner() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    store.append(append_to("a")).await.expect("appended");
    for suffix in ["", "-wal", "-shm"] {
        let file = directory.path().join(format!("store.db{suffix}"));
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}
