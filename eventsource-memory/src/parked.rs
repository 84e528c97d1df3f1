//! The parked events of a generation.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use eventsource_core::{
    Position, Timestamp,
    store::{
        ParkedCursor, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection, PartitionOf,
    },
};

#[derive(Debug, Default)]
pub(super) struct Parked {
    /// Keyed by position and key, because one stored event can yield several events, for different keys.
    events: BTreeMap<(Position, String), Entry>,
    /// The keys with an event that was not discarded.
    waiting: BTreeMap<String, WaitingKey>,
}

#[derive(Debug)]
struct Entry {
    partition: u32,
    event: ParkedEvent,
}

#[derive(Debug, Default)]
struct WaitingKey {
    partition: u32,
    positions: BTreeSet<Position>,
    request: Option<ParkedRequest>,
}

impl Parked {
    pub(super) fn park(&mut self, partition: u32, events: Vec<ParkedEvent>) {
        let parked_at = Timestamp::now();
        for event in events {
            if self.events.contains_key(&(event.position, event.key.clone())) {
                continue;
            }
            let event = ParkedEvent { parked_at, request: None, discarded: None, ..event };
            let key = self.waiting.entry(event.key.clone()).or_default();
            key.partition = partition;
            key.positions.insert(event.position);
            self.events.insert((event.position, event.key.clone()), Entry { partition, event });
        }
    }

    /// Moves each key to its partition.
    pub(super) fn spread(&mut self, partition_of: PartitionOf<'_>) {
        for (key, waiting) in &mut self.waiting {
            waiting.partition = partition_of(key);
        }
        for ((_, key), entry) in &mut self.events {
            entry.partition = partition_of(key);
        }
    }

    pub(super) fn list(&self, query: &ParkedQuery) -> Vec<ParkedEvent> {
        let after = match &query.after {
            Some(ParkedCursor { position, key }) => Bound::Excluded((*position, key.clone())),
            None => Bound::Unbounded,
        };
        let entries = self.events.range((after, Bound::Unbounded)).map(|(_, entry)| entry);
        let selected = |entry: &&Entry| match &query.selection {
            ParkedSelection::All => true,
            ParkedSelection::Key(key) => entry.event.key == *key,
            ParkedSelection::Requested { partition } => {
                entry.partition == *partition && self.request_about(&entry.event).is_some()
            }
        };
        let with_request =
            |entry: &Entry| ParkedEvent { request: self.request_about(&entry.event), ..entry.event.clone() };
        entries.filter(selected).take(query.limit).map(with_request).collect()
    }

    fn request_about(&self, event: &ParkedEvent) -> Option<ParkedRequest> {
        let waiting = self.waiting.get(&event.key).filter(|_| event.discarded.is_none());
        match waiting?.request.as_ref()? {
            ParkedRequest::Discard { position, .. } if *position != Some(event.position) => {
                Some(ParkedRequest::Retry)
            }
            request => Some(request.clone()),
        }
    }

    pub(super) fn keys(&self, partition: u32) -> Vec<String> {
        let of_partition = self.waiting.iter().filter(|(_, key)| key.partition == partition);
        of_partition.map(|(name, _)| name.clone()).collect()
    }

    /// The number of parked events of a partition, and the number of its keys with a request.
    pub(super) fn count(&self, partition: u32) -> (u64, u64) {
        let of_partition = || self.waiting.values().filter(|key| key.partition == partition);
        let events: usize = of_partition().map(|key| key.positions.len()).sum();
        (events as u64, of_partition().filter(|key| key.request.is_some()).count() as u64)
    }

    pub(super) fn request(&mut self, key: Option<&str>, request: &ParkedRequest) -> bool {
        let mut any = false;
        for (_, waiting) in self.waiting.iter_mut().filter(|(name, _)| key.is_none_or(|key| key == *name)) {
            let first = waiting.positions.first().copied();
            waiting.request = match request {
                ParkedRequest::Discard { position, .. } if position.is_some() && *position != first => {
                    continue;
                }
                ParkedRequest::Discard { reason, .. } => {
                    Some(ParkedRequest::Discard { position: first, reason: reason.clone() })
                }
                ParkedRequest::Retry => Some(ParkedRequest::Retry),
            };
            any = true;
        }
        any
    }

    pub(super) fn unpark(&mut self, event: &ParkedEvent, outcome: ParkedOutcome) {
        let at = (event.position, event.key.clone());
        let Some(waiting) = self.waiting.get_mut(&event.key) else { return };
        match outcome {
            ParkedOutcome::Applied => {
                self.events.remove(&at);
                waiting.positions.remove(&event.position);
            }
            ParkedOutcome::Discarded { reason } => {
                self.events.entry(at).and_modify(|entry| entry.event.discarded = Some(reason));
                waiting.positions.remove(&event.position);
            }
            ParkedOutcome::Failed { error } => {
                self.events.entry(at).and_modify(|entry| {
                    entry.event.error = Some(error);
                    entry.event.attempts += 1;
                });
                waiting.request = None;
            }
        }
        if waiting.positions.is_empty() {
            self.waiting.remove(&event.key);
        }
    }
}
