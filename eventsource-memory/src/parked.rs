//! The parked events of a generation.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use eventsource_core::{
    Position, Timestamp,
    store::{
        ParkedCursor, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection, PartitionOf,
        rules::parking::ParkedKey,
    },
};

#[derive(Debug, Default)]
pub(super) struct Parked {
    keys: BTreeMap<String, Key>,
    /// The order in which they are listed. One stored event can yield several events, for different keys.
    order: BTreeSet<(Position, String)>,
}

#[derive(Debug, Default)]
struct Key {
    partition: u32,
    events: ParkedKey,
}

impl Parked {
    pub(super) fn park(&mut self, partition: u32, events: Vec<ParkedEvent>) {
        let now = Timestamp::now();
        for event in events {
            self.order.insert((event.position, event.key.clone()));
            let key = self.keys.entry(event.key.clone()).or_default();
            key.partition = partition;
            key.events.park(event, now);
        }
    }

    /// Moves each key to its partition.
    pub(super) fn spread(&mut self, partition_of: PartitionOf<'_>) {
        for (name, key) in &mut self.keys {
            key.partition = partition_of(name);
        }
    }

    pub(super) fn list(&self, query: &ParkedQuery) -> Vec<ParkedEvent> {
        let after = match &query.after {
            Some(ParkedCursor { position, key }) => Bound::Excluded((*position, key.clone())),
            None => Bound::Unbounded,
        };
        let found = self.order.range((after, Bound::Unbounded)).filter_map(|(position, key)| {
            let key = self.keys.get(key)?;
            Some((key.partition, key.events.get(*position)?))
        });
        let selected = |(of, event): &(u32, &ParkedEvent)| match &query.selection {
            ParkedSelection::All => true,
            ParkedSelection::Key(key) => event.key == *key,
            ParkedSelection::Requested { partition } => of == partition && event.request.is_some(),
        };
        found.filter(selected).take(query.limit).map(|(_, event)| event.clone()).collect()
    }

    pub(super) fn keys(&self, partition: u32) -> Vec<String> {
        let of_partition = self.keys.iter().filter(|(_, key)| key.partition == partition);
        let parked = of_partition.filter(|(_, key)| key.events.parked().next().is_some());
        parked.map(|(name, _)| name.clone()).collect()
    }

    /// The number of parked events of a partition, and the number of its keys with a request.
    pub(super) fn count(&self, partition: u32) -> (u64, u64) {
        let of_partition = || self.keys.values().filter(|key| key.partition == partition);
        let events: usize = of_partition().map(|key| key.events.parked().count()).sum();
        (events as u64, of_partition().filter(|key| key.events.has_request()).count() as u64)
    }

    pub(super) fn request(&mut self, key: Option<&str>, request: &ParkedRequest) -> bool {
        let of_key = self.keys.iter_mut().filter(|(name, _)| key.is_none_or(|key| key == *name));
        of_key.fold(false, |any, (_, key)| key.events.request(request) | any)
    }

    pub(super) fn unpark(&mut self, event: &ParkedEvent, outcome: &ParkedOutcome) {
        let Some(key) = self.keys.get_mut(&event.key) else { return };
        key.events.unpark(event.position, outcome);
        if key.events.get(event.position).is_none() {
            self.order.remove(&(event.position, event.key.clone()));
        }
        if key.events.is_empty() {
            self.keys.remove(&event.key);
        }
    }
}
