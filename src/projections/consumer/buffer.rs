//! The buffer of decoded events.

use std::{borrow::Cow, collections::BTreeMap};

use super::{BufferedEvents, Fault, Share, partition_of};
use crate::{EventContext, EventSet, Position, Recorded, RecordedEvent, Timestamp, store::ParkedEvent};

/// Decoded events of one partition, in the order of the log, and the events among them that are to be parked.
pub(crate) struct Buffer<E> {
    pub(crate) events: Vec<Recorded<E>>,
    /// The keys of each event: those of this partition that are not parked, at least one, unless it is parked after it
    /// was buffered.
    pub(crate) keys: Vec<Vec<String>>,
    /// The 0-based ordinal of each event among the events that were upcast from the same stored event, in all
    /// partitions.
    pub(crate) nth: Vec<usize>,
    /// By position and key: several events of a key that were upcast from one stored event are parked as that stored
    /// event.
    to_park: BTreeMap<(Position, String), ParkedEvent>,
    /// Scratch space: the events decoded from one stored event, with their keys. Empty between calls.
    one: Vec<(Vec<String>, Recorded<E>)>,
}

impl<E> Default for Buffer<E> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            keys: Vec::new(),
            nth: Vec::new(),
            to_park: BTreeMap::new(),
            one: Vec::new(),
        }
    }
}

impl<E: EventSet> Buffer<E> {
    pub(crate) fn take(
        &mut self,
        event: Cow<'_, RecordedEvent>,
        share: &Share<'_>,
        keys_of: impl Fn(&Recorded<E>) -> Vec<String>,
    ) -> Result<(), Fault> {
        let keyed = |event: Recorded<E>| (keys_of(&event), event);
        let Self { events, keys, nth, to_park, one } = self;
        one.clear();
        // All keys first: after a panic, no part of the event is buffered.
        one.extend(RecordedEvent::decode_shared::<E>(event).map_err(Fault::Undecodable)?.map(keyed));
        for (number, (mut of_event, event)) in one.drain(..).enumerate() {
            if of_event.len() > 1 {
                of_event.sort_unstable();
                of_event.dedup();
            }
            of_event.retain(|key| {
                if share.of > 1 && partition_of(key, share.of) != share.partition {
                    return false;
                }
                let is_parked = (share.parked)(key);
                if is_parked {
                    let event = parked(key, &event.context, None, 0);
                    to_park.entry((event.position, key.clone())).or_insert(event);
                }
                !is_parked
            });
            if !of_event.is_empty() {
                keys.push(of_event);
                nth.push(number);
                events.push(event);
            }
        }
        Ok(())
    }

    /// Parks a buffered event under one of its keys, and takes it from the keys for which the event is applied. The event
    /// stays in the buffer, at the same index.
    pub(crate) fn park(&mut self, index: usize, key: &str, error: Option<String>, attempts: usize) {
        let event = parked(key, &self.events[index].context, error, attempts);
        self.to_park.entry((event.position, event.key.clone())).or_insert(event);
        self.keys[index].retain(|it| it != key);
    }

    /// Takes all buffered events, each with one of its keys and its ordinal.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (String, usize, Recorded<E>)> {
        let keys = self.keys.drain(..).filter_map(|mut keys| keys.pop());
        let numbered = keys.zip(self.nth.drain(..)).zip(self.events.drain(..));
        numbered.map(|((key, nth), event)| (key, nth, event))
    }

    /// Removes a buffered event.
    pub(crate) fn remove(&mut self, index: usize) {
        self.keys.remove(index);
        self.nth.remove(index);
        self.events.remove(index);
    }

    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.keys.clear();
        self.nth.clear();
        self.to_park.clear();
    }
}

impl<E> BufferedEvents for Buffer<E> {
    fn len(&self) -> usize {
        self.events.len()
    }

    fn context(&self, index: usize) -> &EventContext {
        &self.events[index].context
    }

    fn keys(&self, index: usize) -> &[String] {
        &self.keys[index]
    }

    fn to_park(&self, after: Position, up_to: Position) -> Vec<ParkedEvent> {
        let above = self.to_park.range((Position::new(after.get().saturating_add(1)), String::new())..);
        above.map(|(_, event)| event).take_while(|event| event.position <= up_to).cloned().collect()
    }
}

/// The parked form of an event.
pub(crate) fn parked(key: &str, event: &EventContext, error: Option<String>, attempts: usize) -> ParkedEvent {
    ParkedEvent {
        key: key.to_owned(),
        position: event.position,
        stream: event.stream.clone(),
        version: event.version,
        id: event.id,
        event_type: event.event_type.to_string(),
        error,
        attempts,
        parked_at: Timestamp::now(),
        request: None,
        discarded: None,
    }
}
