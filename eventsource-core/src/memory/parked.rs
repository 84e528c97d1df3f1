//! The parked events of a generation.

use std::collections::BTreeMap;

use crate::{
    Position, Timestamp,
    store::{ParkedEvent, ParkedOutcome, ParkedRequest},
};

#[derive(Debug, Default)]
pub(super) struct Parked {
    /// Keyed by position and key, because one stored event can yield several events, for different keys.
    events: BTreeMap<(Position, String), Entry>,
    requests: BTreeMap<String, ParkedRequest>,
}

#[derive(Debug)]
struct Entry {
    partition: u32,
    event: ParkedEvent,
}

impl Parked {
    pub(super) fn park(&mut self, partition: u32, events: Vec<ParkedEvent>) {
        let parked_at = Timestamp::now();
        for event in events {
            let event = ParkedEvent { parked_at, request: None, discarded: None, ..event };
            self.events.insert((event.position, event.key.clone()), Entry { partition, event });
        }
    }

    pub(super) fn list(&self) -> Vec<ParkedEvent> {
        let with_request = |entry: &Entry| {
            let waits = entry.event.discarded.is_none();
            let request = self.requests.get(&entry.event.key).filter(|_| waits).cloned();
            ParkedEvent { request, ..entry.event.clone() }
        };
        self.events.values().map(with_request).collect()
    }

    /// The number of parked events of a partition, and the number of its keys with a request.
    pub(super) fn count(&self, partition: u32) -> (u64, u64) {
        let of_partition = || self.waiting().filter(|entry| entry.partition == partition);
        let asked = |key: &&String| of_partition().any(|entry| entry.event.key == **key);
        (of_partition().count() as u64, self.requests.keys().filter(asked).count() as u64)
    }

    pub(super) fn request(&mut self, key: &str, request: &ParkedRequest) -> bool {
        let there = self.waits(key);
        if there {
            self.requests.insert(key.to_owned(), request.clone());
        }
        there
    }

    pub(super) fn unpark(&mut self, event: &ParkedEvent, outcome: ParkedOutcome) {
        let at = (event.position, event.key.clone());
        match outcome {
            ParkedOutcome::Applied => drop(self.events.remove(&at)),
            ParkedOutcome::Discarded { reason } => {
                self.events.entry(at).and_modify(|entry| entry.event.discarded = Some(reason));
                // The events behind the discarded one are to be applied.
                self.requests.entry(event.key.clone()).and_modify(|request| *request = ParkedRequest::Retry);
            }
            ParkedOutcome::Failed { error } => {
                self.events.entry(at).and_modify(|entry| {
                    entry.event.error = Some(error);
                    entry.event.attempts += 1;
                });
                self.requests.remove(&event.key);
            }
        }
        if !self.waits(&event.key) {
            self.requests.remove(&event.key);
        }
    }

    fn waits(&self, key: &str) -> bool {
        self.waiting().any(|entry| entry.event.key == key)
    }

    fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.events.values().filter(|entry| entry.event.discarded.is_none())
    }
}
