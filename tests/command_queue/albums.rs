//! Another kind of aggregate on the streams of pages, with snapshots.

use std::sync::Arc;

use eventsource::{Retry, prelude::*, snapshot::SnapshotCodec};
use futures_util::future::join_all;

use crate::{
    page::{Full, Noted, Trick, fingerprint, note},
    watched::{Fate, Watched, begun},
};

const EVERY: u64 = 3;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
struct Album {
    numbers: Vec<u64>,
}

impl Aggregate for Album {
    type Event = Noted;
    type Id = str;

    fn snapshots() -> Option<SnapshotCodec<Self>> {
        Some(SnapshotCodec::new(1, EVERY))
    }
}

impl Apply<Noted> for Album {
    fn apply(&mut self, event: Noted) {
        self.numbers.push(event.number);
    }
}

struct Paste(&'static str, u64);

impl Command for Paste {
    type Aggregate = Album;

    const NAME: &'static str = "Paste";

    fn aggregate_id(&self) -> &str {
        self.0
    }
}

impl Handle<Paste> for Album {
    type Error = Full;

    fn handle(&self, paste: &Paste) -> Result<Vec<Noted>, Full> {
        Ok(vec![Noted { number: paste.1, on: fingerprint(&self.numbers), trick: Trick::None }])
    }
}

/// Checks that every snapshot that was written matches the events of the stream up to its version.
async fn check_snapshots(store: &Watched, name: &str) -> Vec<u64> {
    let numbers = store.numbers(name).await;
    let mut versions = Vec::new();
    for snapshot in store.snapshots() {
        let album: Album = serde_json::from_str(snapshot.state.get()).unwrap();
        let version = snapshot.version.get();
        assert_eq!(
            Some(&*album.numbers),
            numbers.get(..version as usize),
            "the snapshot of version {version}"
        );
        versions.push(version);
    }
    versions
}

#[tokio::test]
async fn a_snapshot_is_written_of_stored_events_only() {
    for fate in [Fate::Refused, Fate::Outage, Fate::CallLost, Fate::Panic] {
        let store = Watched::new();
        let source = EventSource::builder(Arc::clone(&store)).retry(Retry::NEVER).build();
        let mut gate = store.hold();
        let first = begun(source.execute(Paste("a", 0)));
        let held = gate.arrival().await;
        let others: Vec<_> = (1..=4).map(|number| begun(source.execute(Paste("a", number)))).collect();
        held.pass();
        // The third command makes a snapshot, and this is the second.
        gate.arrival().await.meet([fate]);
        let let_pass = async {
            while let Some(arrival) = gate.arrival_or_end().await {
                arrival.pass();
            }
        };
        let outcomes = async {
            let outcomes = join_all(others).await;
            store.let_go();
            outcomes
        };
        let (outcomes, ()) = tokio::join!(outcomes, let_pass);
        first.await.unwrap();
        assert!(outcomes[0].is_err());
        source.flush().await;
        let versions = check_snapshots(&store, "a").await;
        let stored = store.version("a").await.get();
        assert_eq!(versions.contains(&EVERY), stored >= EVERY, "{versions:?} of {stored}");
    }
}

#[tokio::test]
async fn two_kinds_of_aggregate_on_one_stream_are_decided_on_the_events_of_both() {
    let store = Watched::new();
    store.slow_down(1);
    let source = EventSource::new(Arc::clone(&store));
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let source = source.clone();
            tokio::spawn(async move {
                match number % 2 {
                    0 => source.execute(Paste("a", number)).await,
                    _ => source.execute(note("a", number)).await,
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut numbers = store.numbers("a").await;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    source.flush().await;
    check_snapshots(&store, "a").await;
}
