//! The store of the chapter "Writing a store, step by step": it passes the conformance suite, and the chapter shows all of
//! it.

#[path = "../examples/file_store/store.rs"]
mod store;

use std::{fs, path::Path};

use eventsource::{
    EventId, Metadata, StreamId, Version,
    store::{Append, Direction, EventStore, ExpectedVersion, NewEvent},
};
use eventsource_conformance::Fresh;
use serde_json::value::RawValue;
use store::FileStore;

async fn opened() -> Fresh {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("events.jsonl");
    let store = FileStore::open(&path).expect("a new file can be made");
    let again = move || std::future::ready(FileStore::open(&path));
    Fresh::new(store).opened_again_by(again).keeping(directory)
}

eventsource_conformance::suite!(opened().await);

fn account() -> StreamId {
    StreamId::new("account", "a").expect("a valid id")
}

/// Appends this many events, each by itself, and closes the store.
async fn filled(path: &Path, count: u64) {
    let store = FileStore::open(path).expect("it can be opened");
    for version in 0..count {
        let event = NewEvent {
            id: EventId::new(),
            event_type: "account.opened".into(),
            schema_version: 1,
            payload: RawValue::from_string("{\"line\":\n1}".to_owned()).expect("it is JSON"),
            metadata: Metadata::new(),
        };
        let expected = ExpectedVersion::Exact(Version::new(version));
        store.append(Append::to(account(), expected, vec![event])).await.expect("it is the version");
    }
}

async fn count(path: &Path) -> usize {
    let store = FileStore::open(path).expect("it can be opened");
    let all = Direction::Forward { after: Version::EMPTY };
    store.read_stream(&account(), all, usize::MAX).await.expect("it can be read").len()
}

#[tokio::test]
async fn an_append_that_a_crash_has_interrupted_was_not_made() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("events.jsonl");
    filled(&path, 3).await;
    let whole = fs::read(&path).expect("it can be read");
    let lines: Vec<_> = (0..whole.len()).filter(|&at| whole[at] == b'\n').map(|at| at + 1).collect();
    assert_eq!(lines.len(), 3, "a line for each append");
    for end in 0..=whole.len() {
        fs::write(&path, &whole[..end]).expect("it can be written");
        let complete = lines.iter().filter(|&&line| line <= end).count();
        assert_eq!(count(&path).await, complete, "cut after {end} bytes");
    }
    // The next append replaces the rest of the line.
    fs::write(&path, &whole[..lines[1] + 9]).expect("it can be written");
    let store = FileStore::open(&path).expect("it can be opened");
    let append = Append::to(account(), ExpectedVersion::Any, Vec::new()).with_idempotency_key("once");
    store.append(append).await.expect("it is new");
    drop(store);
    assert_eq!(count(&path).await, 2);
    assert!(fs::read(&path).expect("it can be read").starts_with(&whole[..lines[1]]));
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("events.jsonl");
    filled(&path, 1).await;
    let mut changed = fs::read(&path).expect("it can be read");
    changed.extend_from_slice(b"{}\n");
    fs::write(&path, changed).expect("it can be written");
    FileStore::open(&path).expect_err("the second line is not one of this store");
}

#[test]
fn the_chapter_shows_the_whole_store() {
    let chapter = include_str!("../docs/guide/writing_a_store.md");
    let blocks = chapter.split("```rs\n").skip(1).map(|rest| match rest.split_once("\n```\n") {
        Some((block, _)) => block,
        None => panic!("a block does not end: {rest}"),
    });
    let blocks: Vec<_> = blocks.collect();
    let (suite, of_store) = blocks.split_last().expect("it has blocks");
    assert_eq!(of_store.join("\n\n") + "\n", include_str!("../examples/file_store/store.rs"));
    assert!(include_str!("file_store.rs").contains(suite), "the last block is in this file: {suite}");
}
