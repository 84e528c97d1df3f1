//! A process that is killed during appends.

use std::{collections::HashMap, time::Duration};

use eventsource::{EventId, Position, RecordedEvent, Version};
use eventsource_conformance::torture;

use crate::{
    child::{Process, Reported, Role},
    support::{Chance, directory, log_after, open},
};

/// How often a process is killed.
const CRASHES: usize = 60;

/// The part of the log that was read.
#[derive(Default)]
struct Seen {
    events: HashMap<EventId, Reported>,
    versions: HashMap<String, Version>,
    end: Position,
}

impl Seen {
    /// Asserts that positions and versions have no gaps, and that no event is stored twice.
    fn note(&mut self, event: &RecordedEvent) {
        assert_eq!(event.context.position.get(), self.end.get() + 1, "{event:?} follows the last event");
        self.end = event.context.position;
        let stream = event.context.stream.id().to_owned();
        let version = self.versions.entry(stream.clone()).or_default();
        assert_eq!(event.context.version, version.next(), "{event:?} follows the last event of its stream");
        *version = event.context.version;
        let reported = Reported {
            id: event.context.id,
            stream,
            version: event.context.version,
            position: event.context.position,
        };
        let twice = self.events.insert(event.context.id, reported);
        assert_eq!(twice, None, "an event is stored once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_events_survive_a_process_that_is_killed() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let mut chance = Chance::new(20_261_121);
    let mut seen = Seen::default();
    let mut acknowledged = 0;
    let crashes = torture::at_least(4, CRASHES);
    for crash in 0..crashes {
        let process = Process::start(Role::Writes, &path, "writer");
        // Half of the processes are killed during appends, however slow the machine is; the others before they have
        // opened the file, or while they do.
        if crash % 2 == 0 {
            process.wait_for_a_report();
        }
        std::thread::sleep(Duration::from_micros(chance.below(250_000)));
        let reported = process.kill();
        acknowledged += reported.len();
        let store = open(&path).await;
        for event in log_after(&store, seen.end).await {
            seen.note(&event);
        }
        store.close().await;
        for reported in reported {
            assert_eq!(seen.events.get(&reported.id), Some(&reported), "acknowledged before crash {crash}");
        }
    }
    assert!(acknowledged >= crashes / 2, "only {acknowledged} appends were acknowledged");
    // The whole log, read from the start.
    let mut whole = Seen::default();
    log_after(&open(&path).await, Position::START).await.iter().for_each(|event| whole.note(event));
    assert!(whole.events == seen.events, "the same events are read again");
}
