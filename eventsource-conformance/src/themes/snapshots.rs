//! Snapshots: the newest of a stream is kept unchanged.

use eventsource::{
    EventId, StreamId, Version,
    snapshot::Snapshot,
    store::{SnapshotForm, StoredSnapshot},
};
use serde_json::value::RawValue;

use crate::support::{Store, assert_same_text, race, stream};

fn form(version: u32, fingerprint: &str) -> SnapshotForm {
    SnapshotForm { version, fingerprint: fingerprint.into() }
}

/// Made at an event that no stream has.
fn snapshot(stream: &StreamId, version: u64, form: &SnapshotForm, state: &str) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        version: Version::new(version),
        event_id: EventId::new(),
        form: form.clone(),
        state: RawValue::from_string(state.to_owned()).expect("the state is JSON"),
    }
}

/// Made at the event that the stream has at this version.
async fn snapshot_at(store: &Store, stream: &StreamId, version: u64) -> Snapshot {
    let before = store.forward(stream, version - 1, 1).await;
    let event_id = before.first().expect("the stream has this version").context.id;
    Snapshot { event_id, ..snapshot(stream, version, &form(1, "f"), &version.to_string()) }
}

async fn save(store: &Store, snapshot: Snapshot) {
    store.save_snapshot(snapshot).await.expect("the snapshot can be stored");
}

async fn stored(store: &Store, stream: &StreamId) -> Option<StoredSnapshot> {
    store.load_snapshot(stream).await.expect("the snapshot can be loaded")
}

async fn load(store: &Store, stream: &StreamId) -> Option<Snapshot> {
    stored(store, stream).await.map(|stored| stored.snapshot)
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
        let given = snapshot(&account, version, form, "{\"balance\":1}");
        save(&store, given.clone()).await;
        let loaded = load(&store, &account).await.expect("it was stored");
        assert_eq!(loaded.event_id, given.event_id);
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
    store.fill(&account, 11).await;
    save(&store, snapshot_at(&store, &account, 10).await).await;
    for version in [1, 2, 9] {
        save(&store, snapshot_at(&store, &account, version).await).await;
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
        store.fill(&account, 16).await;
        let mut snapshots = Vec::new();
        for version in 1..=16 {
            snapshots.push(snapshot_at(&store, &account, version).await);
        }
        race(16, |n| {
            let (store, snapshot) = (store.clone(), snapshots[n].clone());
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

pub(crate) async fn it_is_known_whether_the_stream_has_the_event_of_a_snapshot(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    store.fill(&other, 3).await;
    store.fill(&account, 3).await;
    let right = snapshot_at(&store, &account, 3).await;
    let id_at = async |stream, version| snapshot_at(&store, stream, version).await.event_id;
    let others = [
        // The stream is shorter, as when it is of an older backup.
        Snapshot { version: Version::new(4), event_id: EventId::new(), ..right.clone() },
        Snapshot { version: Version::new(4), ..right.clone() },
        // It has other events since.
        Snapshot { event_id: EventId::new(), ..right.clone() },
        Snapshot { event_id: id_at(&account, 2).await, ..right.clone() },
        Snapshot { event_id: id_at(&other, 3).await, ..right.clone() },
        // There is no such stream.
        Snapshot { stream: stream("no"), ..right.clone() },
    ];
    for (number, snapshot) in others.into_iter().enumerate() {
        // One of another form is replaced in any case.
        let form = form(2, &number.to_string());
        save(&store, Snapshot { form, ..snapshot.clone() }).await;
        let stored = stored(&store, &snapshot.stream).await.expect("it was stored");
        assert!(!stored.has_event, "{number}");
    }
    save(&store, right.clone()).await;
    let kept = stored(&store, &account).await.expect("it was stored");
    assert!(kept.has_event && kept.snapshot.event_id == right.event_id);
    store.fill(&account, 1).await;
    assert!(stored(&store, &account).await.is_some_and(|stored| stored.has_event), "it is merely older");
}

pub(crate) async fn an_older_snapshot_replaces_one_of_another_history(store: Store) {
    let account = stream("account");
    store.fill(&account, 3).await;
    for (version, of_another) in [(2, 1_000), (2, 4), (2, 3), (3, 3)] {
        save(&store, snapshot(&account, of_another, &form(1, "f"), "0")).await;
        assert_eq!(kept(&store, &account).await, (of_another, "0".to_owned()));
        save(&store, snapshot_at(&store, &account, version).await).await;
        assert_eq!(kept(&store, &account).await, (version, version.to_string()));
        // Away with it, for the next round.
        save(&store, snapshot(&account, 1, &form(2, "f"), "0")).await;
    }
}
