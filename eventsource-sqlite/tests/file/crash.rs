//! A process that is killed amid appends.

use std::{collections::HashMap, time::Duration};

use eventsource_conformance::torture;
use eventsource_core::{EventId, Position, RecordedEvent, Version};

use crate::{
    child::{Process, Role, Told},
    support::{Chance, directory, log_after, open},
};

/// How often a process is killed.
const CRASHES: usize = 60;

/// What the log holds, as far as it was looked at.
#[derive(Default)]
struct Seen {
    places: HashMap<EventId, Told>,
    versions: HashMap<String, Version>,
    end: Position,
}

impl Seen {
    /// Every position and every version follows on from the one before, and no event is there twice.
    fn note(&mut self, event: &RecordedEvent) {
        assert_eq!(event.position.get(), self.end.get() + 1, "{event:?} follows on from the last one");
        self.end = event.position;
        let stream = event.stream.id().to_owned();
        let version = self.versions.entry(stream.clone()).or_default();
        assert_eq!(event.version, version.next(), "{event:?} follows on from the last one of its stream");
        *version = event.version;
        let told = Told { id: event.id, stream, version: event.version, position: event.position };
        let twice = self.places.insert(event.id, told);
        assert_eq!(twice, None, "an event is there once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_process_that_is_killed() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let mut chance = Chance::new(20_261_121);
    let mut seen = Seen::default();
    let mut acknowledged = 0;
    let crashes = torture::at_least(4, CRASHES);
    for crash in 0..crashes {
        let process = Process::start(Role::Writes, &path, "writer");
        // Half of them are killed amid appends, however slow the machine is; of the others some before they have
        // opened the file, and some while they do.
        if crash % 2 == 0 {
            process.wait_until_it_tells();
        }
        std::thread::sleep(Duration::from_micros(chance.below(250_000)));
        let told = process.kill();
        acknowledged += told.len();
        let store = open(&path).await;
        for event in log_after(&store, seen.end).await {
            seen.note(&event);
        }
        store.close().await;
        for told in told {
            assert_eq!(seen.places.get(&told.id), Some(&told), "acknowledged before crash {crash}");
        }
    }
    assert!(acknowledged >= crashes / 2, "only {acknowledged} appends were acknowledged");
    // As a whole, in one reading.
    let mut whole = Seen::default();
    log_after(&open(&path).await, Position::START).await.iter().for_each(|event| whole.note(event));
    assert!(whole.places == seen.places, "what was read once is read again");
}
