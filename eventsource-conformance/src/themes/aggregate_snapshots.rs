//! Snapshots of an aggregate's state, on top of the store: they make loading faster and never cause a failure. A
//! snapshot of the tally is written every ten events.

use eventsource::{
    Aggregate, Apply, Command, EventId, EventSource, Handle, Schema, Version, snapshot::Snapshot,
    store::SnapshotForm,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::support::{AlreadyClosed, Disturbed, Store, Tally, TallyEvent, add, close, tally};

fn form() -> SnapshotForm {
    Tally::snapshots().expect("tallies have snapshots").form
}

/// Stores a snapshot that no command has written, made at the event of this version if it exists.
async fn plant(store: &Store, version: u64, form: SnapshotForm, state: &str) {
    let event = store.forward(&tally("t"), version - 1, 1).await;
    let event_id = event.first().map_or_else(EventId::new, |event| event.context.id);
    plant_at(store, version, event_id, form, state).await;
}

async fn plant_at(store: &Store, version: u64, event_id: EventId, form: SnapshotForm, state: &str) {
    let state = RawValue::from_string(state.to_owned()).expect("JSON");
    let snapshot = Snapshot { stream: tally("t"), version: Version::new(version), event_id, form, state };
    store.save_snapshot(snapshot).await.expect("the snapshot can be kept");
}

/// Version and state of the stored snapshot, if it belongs to this stream and has the form of this program.
async fn kept(store: &Store) -> Option<(u64, Tally)> {
    let stored = store.load_snapshot(&tally("t")).await.expect("the snapshot can be loaded")?;
    let snapshot = Some(stored).filter(|stored| stored.has_event)?.snapshot;
    let state = Tally::snapshots().expect("tallies have snapshots").decode(&snapshot)?;
    Some((snapshot.version.get(), state))
}

/// Adds 1 this many times, and waits for the snapshots.
async fn add_ones(store: &Store, times: usize) {
    let es = store.source();
    for _ in 0..times {
        es.execute(add("t", 1)).await.expect("it is accepted");
        es.flush().await;
    }
}

async fn load(store: &Store) -> (u64, Tally) {
    let loaded = store.source().load::<Tally>(&"t".to_owned()).await.expect("the tally can be loaded");
    (loaded.version.get(), loaded.state)
}

fn open(total: u64, count: u64) -> Tally {
    Tally { total, count, closed: false }
}

pub(crate) async fn a_snapshot_is_written_each_time_the_frequency_is_reached(store: Store) {
    add_ones(&store, 9).await;
    assert_eq!(kept(&store).await, None);
    add_ones(&store, 1).await;
    assert_eq!(kept(&store).await, Some((10, open(10, 10))));
    add_ones(&store, 9).await;
    assert_eq!(kept(&store).await, Some((10, open(10, 10))));
    add_ones(&store, 1).await;
    assert_eq!(kept(&store).await, Some((20, open(20, 20))));
}

pub(crate) async fn a_load_begins_with_the_snapshot_and_applies_the_later_events(store: Store) {
    add_ones(&store, 5).await;
    // A state that does not follow from the events, which shows where the load began.
    plant(&store, 3, form(), r#"{"total":1000,"count":3,"closed":false}"#).await;
    assert_eq!(load(&store).await, (5, open(1_002, 5)));
    add_ones(&store, 1).await;
    assert_eq!(load(&store).await, (6, open(1_003, 6)));
}

pub(crate) async fn a_command_is_handled_on_the_snapshot_and_the_later_events(store: Store) {
    add_ones(&store, 2).await;
    plant(&store, 2, form(), r#"{"total":0,"count":0,"closed":true}"#).await;
    let rejected = store.source().execute(close("t")).await.expect_err("closed, says the snapshot");
    assert!(rejected.rejection().is_some());
}

pub(crate) async fn a_snapshot_of_another_form_is_ignored_and_replaced(store: Store) {
    let wrong = r#"{"total":1000,"count":3,"closed":true}"#;
    let SnapshotForm { version, fingerprint } = form();
    let others = [
        SnapshotForm { version: version + 1, fingerprint },
        SnapshotForm { version, fingerprint: "of a state with other fields".into() },
    ];
    for (other, count) in others.into_iter().zip(1..) {
        // Newer than the stream, as if written by a later program that was rolled back.
        plant(&store, 1_000, other, wrong).await;
        assert_eq!(load(&store).await, (count - 1, open(count - 1, count - 1)));
        // Written immediately, not only at the next multiple of the frequency.
        add_ones(&store, 1).await;
        assert_eq!(kept(&store).await, Some((count, open(count, count))));
    }
}

pub(crate) async fn a_snapshot_of_another_history_is_ignored_and_replaced(store: Store) {
    let wrong = r#"{"total":1000,"count":3,"closed":true}"#;
    // Ahead of the stream, as if the stream was restored from a backup; then with other events.
    for (version, count) in [(1_000, 1), (2, 2), (2, 3), (3, 4)] {
        plant_at(&store, version, EventId::new(), form(), wrong).await;
        assert_eq!(load(&store).await, (count - 1, open(count - 1, count - 1)));
        // Due at once, not only at the next multiple of the frequency.
        add_ones(&store, 1).await;
        assert_eq!(kept(&store).await, Some((count, open(count, count))), "after version {version}");
        // So that the next one is kept.
        let SnapshotForm { version, fingerprint } = form();
        plant(&store, 1, SnapshotForm { version: version + 1, fingerprint }, "null").await;
    }
}

pub(crate) async fn an_undecodable_snapshot_is_ignored_and_replaced(store: Store) {
    let all = ["null", "\"text\"", r#"{"total":1}"#, r#"{"total":-1,"count":1,"closed":false}"#];
    for (broken, version) in all.iter().zip([1, 3, 5, 7]) {
        add_ones(&store, 1).await;
        plant(&store, version, form(), broken).await;
        assert_eq!(load(&store).await, (version, open(version, version)), "with {broken}");
        add_ones(&store, 1).await;
        let next = version + 1;
        assert_eq!(kept(&store).await, Some((next, open(next, next))), "after {broken}");
    }
}

pub(crate) async fn the_past_is_folded_from_the_events_and_not_from_a_snapshot(store: Store) {
    add_ones(&store, 5).await;
    plant(&store, 3, form(), r#"{"total":1000,"count":3,"closed":false}"#).await;
    let es = store.source();
    for version in 0..=5 {
        let then = es.load_as_of::<Tally>(&"t".to_owned(), Version::new(version)).await;
        assert_eq!(then.expect("it can be loaded").state, open(version, version));
    }
}

pub(crate) async fn a_command_does_not_fail_with_its_snapshot(store: Store) {
    let es = EventSource::new(Disturbed::without_snapshots(&store));
    for version in 1..=12 {
        let receipt = es.execute(add("t", 1)).await.expect("it is accepted");
        es.flush().await;
        assert_eq!(receipt.version, Version::new(version));
    }
    assert_eq!(kept(&store).await, None);
    assert_eq!(load(&store).await, (12, open(12, 12)));
}

pub(crate) async fn flush_waits_for_the_snapshots_in_progress(store: Store) {
    let es = store.source();
    for _ in 0..10 {
        es.execute(add("t", 1)).await.expect("it is accepted");
    }
    es.flush().await;
    assert_eq!(kept(&store).await, Some((10, open(10, 10))));
}

/// A state of which a snapshot keeps only a part, in a type that the derive of the aggregate does not see.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = TallyEvent, id = String, snapshot(version = 1, every = 3))]
struct Cart {
    count: u32,
    sum: Sum,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
struct Sum {
    #[serde(skip)]
    total: u64,
    /// Not a number after the ninth event, which JSON writes as null.
    mean: f64,
}

impl Apply<TallyEvent> for Cart {
    fn apply(&mut self, event: TallyEvent) {
        let TallyEvent::Added { amount } = event else { return };
        self.count += 1;
        self.sum.total += amount;
        // So that some states are equal to what is read from their snapshots.
        if matches!(self.count, 6 | 9) {
            self.sum.total = 0;
        }
        self.sum.mean = if self.count == 9 { f64::NAN } else { 0.5 };
    }
}

#[derive(Command)]
#[command(aggregate = Cart)]
struct Put(#[command(id)] String, u64);

impl Handle<Put> for Cart {
    type Error = AlreadyClosed;

    /// The event contains the total that the command was handled on.
    fn handle(&self, put: &Put) -> Result<Vec<TallyEvent>, AlreadyClosed> {
        Ok(vec![TallyEvent::Added { amount: put.1 + self.sum.total }])
    }
}

pub(crate) async fn a_snapshot_that_does_not_keep_the_whole_state_is_not_written(store: Store) {
    let mut totals = Vec::new();
    for number in 1..=13 {
        // A program that has no state in memory.
        let es = store.source();
        es.execute(Put("t".to_owned(), 1)).await.expect("it is accepted");
        es.flush().await;
        let loaded = store.source().load::<Cart>(&"t".to_owned()).await.expect("it can be loaded").state;
        let past =
            es.load_as_of::<Cart>(&"t".to_owned(), Version::new(number)).await.expect("it can be loaded");
        assert_eq!((loaded.count, loaded.sum.total), (past.state.count, past.state.sum.total));
        totals.push(loaded.sum.total);
    }
    assert_eq!(totals, [1, 3, 7, 15, 31, 0, 1, 3, 0, 1, 3, 7, 15]);
    // The state after the sixth event is the one that could be kept. After the ninth, only the mean was lost.
    let stored = store.load_snapshot(&tally("t")).await.expect("the snapshot can be loaded");
    assert_eq!(stored.map(|stored| stored.snapshot.version), Some(Version::new(6)));
}
