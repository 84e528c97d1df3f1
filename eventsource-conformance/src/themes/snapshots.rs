//! Snapshots: the newest of a stream is kept unchanged.

use eventsource_core::{Snapshot, StreamId, Version, store::SnapshotForm};
use serde_json::value::RawValue;

use crate::support::{Store, assert_same_text, race, stream};

fn form(version: u32, fingerprint: &str) -> SnapshotForm {
    SnapshotForm { version, fingerprint: fingerprint.into() }
}

fn snapshot(stream: &StreamId, version: u64, form: &SnapshotForm, state: &str) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        version: Version::new(version),
        form: form.clone(),
        state: RawValue::from_string(state.to_owned()).expect("the state is JSON"),
    }
}

async fn save(store: &Store, snapshot: Snapshot) {
    store.save_snapshot(snapshot).await.expect("the snapshot can be stored");
}

async fn load(store: &Store, stream: &StreamId) -> Option<Snapshot> {
    store.load_snapshot(stream).await.expect("the snapshot can be loaded")
}

/// Version and state of the stored snapshot.
async fn kept(store: &Store, stream: &StreamId) -> (u64, String) {
    let snapshot = load(store, stream).await.expect("a snapshot was stored");
    (snapshot.version.get(), snapshot.state.get().to_owned())
}

pub(crate) async fn a_stream_has_no_snapshot_before_one_is_kept(store: Store) {
    store.fill(&stream("account"), 3).await;
    assert!(load(&store, &stream("account")).await.is_none());
    assert!(load(&store, &stream("never written")).await.is_none());
}

pub(crate) async fn a_snapshot_is_kept_as_it_was_given(store: Store) {
    let forms = [
        form(1, "0b5a"),
        form(u32::MAX, "é '\"%\\ 🦀"),
        form(0, ""),
        form(i32::MAX.cast_unsigned() + 1, "x"),
    ];
    for (form, version) in forms.iter().zip([1, u64::from(u32::MAX) + 1, i64::MAX.cast_unsigned(), 7]) {
        let account = stream(&format!("account-{version}"));
        save(&store, snapshot(&account, version, form, "{\"balance\":1}")).await;
        let loaded = load(&store, &account).await.expect("it was stored");
        assert_eq!((&loaded.stream, loaded.version, &loaded.form), (&account, Version::new(version), form));
        assert_eq!(loaded.state.get(), "{\"balance\":1}");
    }
}

pub(crate) async fn the_state_of_a_snapshot_is_kept_byte_for_byte(store: Store) {
    let account = stream("o'brien@x");
    let large = format!("\"{}\"", "é".repeat(2_500_000));
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    let states = [
        "{ \"b\" : 1, \"a\":[ ] }",
        r#"{"a":1,"a":2}"#,
        r#""\u0000\ud800""#,
        "9007199254740993",
        "1e400",
        "-0.0",
        "1.10",
        "null",
        &large,
        &deep,
    ];
    for (state, version) in states.iter().zip(1..) {
        save(&store, snapshot(&account, version, &form(1, "f"), state)).await;
        assert_same_text(&kept(&store, &account).await.1, state);
    }
}

pub(crate) async fn streams_have_snapshots_of_their_own(store: Store) {
    let streams = [stream("a"), stream("A"), stream("b"), StreamId::new("elsewhere", "a").expect("valid")];
    for (stream, version) in streams.iter().zip(1..) {
        save(&store, snapshot(stream, version, &form(1, "f"), &version.to_string())).await;
    }
    for (stream, version) in streams.iter().zip(1..) {
        assert_eq!(kept(&store, stream).await, (version, version.to_string()));
    }
}

pub(crate) async fn a_newer_snapshot_replaces_an_older_one(store: Store) {
    let account = stream("account");
    for version in [3, 9, 10, 100] {
        save(&store, snapshot(&account, version, &form(1, "f"), &version.to_string())).await;
        assert_eq!(kept(&store, &account).await, (version, version.to_string()));
    }
}

pub(crate) async fn an_older_snapshot_does_not_replace_a_newer_one(store: Store) {
    let account = stream("account");
    save(&store, snapshot(&account, 10, &form(1, "f"), "10")).await;
    for version in [1, 2, 9] {
        save(&store, snapshot(&account, version, &form(1, "f"), &version.to_string())).await;
        assert_eq!(kept(&store, &account).await, (10, "10".to_owned()));
    }
}

pub(crate) async fn a_snapshot_of_another_form_replaces_even_a_newer_one(store: Store) {
    let account = stream("account");
    save(&store, snapshot(&account, 10, &form(1, "f"), "1")).await;
    // After a deploy or a rollback: in both cases this program cannot use the other form.
    for (other, version, state) in [(form(2, "f"), 9, "2"), (form(1, "f"), 8, "3"), (form(1, "g"), 7, "4")] {
        save(&store, snapshot(&account, version, &other, state)).await;
        assert_eq!(kept(&store, &account).await, (version, state.to_owned()));
        assert_eq!(load(&store, &account).await.expect("it was stored").form, other);
    }
}

pub(crate) async fn the_newest_of_concurrently_stored_snapshots_stays(store: Store) {
    // On several streams, because a store that only replaces what it finds may be lucky on one.
    for round in 0..8 {
        let account = stream(&format!("account-{round}"));
        race(16, |n| {
            let store = store.clone();
            let snapshot = snapshot(&account, n as u64 + 1, &form(1, "f"), "{}");
            async move { save(&store, snapshot).await }
        })
        .await;
        assert_eq!(kept(&store, &account).await.0, 16);
    }
}

pub(crate) async fn a_snapshot_changes_neither_the_stream_nor_the_log(store: Store) {
    let account = stream("account");
    save(&store, snapshot(&account, 5, &form(1, "f"), "{}")).await;
    assert_eq!(store.events_of(&account).await, []);
    assert_eq!(store.fill(&account, 2).await.version, Version::new(2));
    assert_eq!(store.log().await.len(), 2);
    assert_eq!(kept(&store, &account).await.0, 5);
}
