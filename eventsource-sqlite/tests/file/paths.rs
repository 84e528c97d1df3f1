//! File names with a special meaning to SQLite or a shell.

use std::path::Path;

use eventsource::{Position, store::EventStore};
use eventsource_sqlite::SqliteStore;

use crate::{
    child::{APPENDS, Process, Role, TASKS},
    support::{append_to, directory, log_after, open},
};

#[tokio::test]
async fn a_path_names_a_file_whatever_characters_it_has() {
    let directory = directory();
    let names = [
        "mit Leerzeichen.db",
        "Über-größe 🦀.db",
        "what?mode=memory",
        "50%20.db",
        "#fragment.db",
        "file:other.db",
        ":memory:",
        "a&b=c;d'e\"f.db",
        "-rf",
    ];
    for name in names {
        let path = directory.path().join(name);
        let store = open(&path).await;
        store.append(append_to("a")).await.expect("appended");
        store.close().await;
        assert!(path.is_file(), "{name}");
        let again = open(&path).await;
        assert_eq!(log_after(&again, Position::START).await.len(), 1, "{name}");
        again.close().await;
    }
    let files = std::fs::read_dir(directory.path()).expect("the directory").count();
    assert_eq!(files, names.len(), "a closed store leaves one file");
}

#[tokio::test]
async fn a_relative_path_names_a_file_too() {
    let directory = directory();
    for name in ["store.db", "file:other.db", "file:x?mode=memory", ":memory:"] {
        Process::start_in(directory.path(), Role::WritesSome, Path::new(name), "writer").wait();
        let path = directory.path().join(name);
        assert!(path.is_file(), "{name}");
        let stored = log_after(&open(&path).await, Position::START).await.len() as u64;
        assert_eq!(stored, TASKS * APPENDS / 2 * 3, "{name}");
    }
}

#[tokio::test]
async fn a_store_in_memory_leaves_nothing_and_shares_nothing() {
    let one = SqliteStore::in_memory().await.expect("opened");
    let other = SqliteStore::in_memory().await.expect("opened");
    one.append(append_to("a")).await.expect("appended");
    assert_eq!(log_after(&one.clone(), Position::START).await.len(), 1);
    assert_eq!(log_after(&other, Position::START).await.len(), 0);
}
