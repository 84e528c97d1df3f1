//! The order of events as a tree: each below the event that caused it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::ConsumerOfEvent;
use crate::{EventContext, EventId, Metadata, Position, StreamId, Timestamp, Version};

/// An event of the answer.
///
/// The tree is a list, so that a chain of any length can be shown and read: an event with a [depth](Self::depth) above that of
/// the event before it was caused by that one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhyEvent {
    /// How many events of the answer have led to it: 0 if its cause is not among them.
    pub depth: usize,
    /// Its place in the log.
    pub position: Position,
    /// Its stream; in JSON the category and the aggregate id with `/` between them.
    #[serde(serialize_with = "key_of")]
    pub stream: StreamId,
    /// Its number in the stream.
    pub version: Version,
    /// Its id.
    pub id: EventId,
    /// Its persisted type name.
    pub event_type: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What led to it.
    pub cause: Cause,
    /// The policy or process that recorded it, if it was recorded by one.
    pub reaction_of: Option<String>,
    /// The timer of that process which was due.
    pub timer: Option<String>,
    /// How many events of the answer it has led to directly.
    pub effects: usize,
    /// What the consumers of its type have made of it: of an event without effects all of them, of another one those that
    /// have not handled it.
    pub consumers: Vec<ConsumerOfEvent>,
}

/// What led to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Another event of the answer.
    Event {
        /// Its place in the log.
        position: Position,
    },
    /// An execution of commands, or an event that is not part of the answer: it is of another correlation, or on an earlier
    /// page.
    Execution {
        /// The id of the execution or event.
        id: Uuid,
    },
    /// Its metadata does not say it: it was imported, or recorded without metadata.
    Unknown,
}

fn key_of<S: Serializer>(stream: &StreamId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&stream.key())
}

impl WhyEvent {
    fn new(context: EventContext, positions: &HashMap<Uuid, Position>) -> Self {
        let EventContext { stream, version, position, id, event_type, metadata, recorded_at, .. } = context;
        let cause = match metadata.causation_id {
            None => Cause::Unknown,
            Some(id) => match positions.get(&id) {
                Some(&position) => Cause::Event { position },
                None => Cause::Execution { id },
            },
        };
        let timer = metadata.value(Metadata::TIMER).and_then(|entry| entry.split_once('>'));
        let reaction = metadata.value(Metadata::REACTIONS).and_then(|entry| entry.split_once(' '));
        let last = reaction.and_then(|(_, path)| path.rsplit('>').next());
        Self {
            depth: 0,
            position,
            stream,
            version,
            id,
            event_type: String::from(&*event_type),
            recorded_at,
            cause,
            reaction_of: timer.map(|(process, _)| process).or(last).map(str::to_owned),
            timer: timer.map(|(_, name)| name.to_owned()),
            effects: 0,
            consumers: Vec::new(),
        }
    }
}

/// These events, which are in the order of the log, in the order of the tree. The events of a cycle, which only an import can
/// store, are below the first of them.
pub(super) fn ordered(contexts: Vec<EventContext>) -> Vec<WhyEvent> {
    let positions: HashMap<Uuid, Position> =
        contexts.iter().map(|it| (it.id.as_uuid(), it.position)).collect();
    let mut effects: HashMap<Position, Vec<Position>> = HashMap::new();
    let mut left: BTreeMap<Position, WhyEvent> = BTreeMap::new();
    for context in contexts {
        let event = WhyEvent::new(context, &positions);
        if let Cause::Event { position } = event.cause {
            effects.entry(position).or_default().push(event.position);
        }
        left.insert(event.position, event);
    }
    let is_root = |event: &WhyEvent| !matches!(event.cause, Cause::Event { .. });
    let roots = left.values().filter(|event| is_root(event)).map(|event| event.position);
    // What no root leads to is in a cycle, or below one.
    let in_cycles = left.values().filter(|event| !is_root(event)).map(|event| event.position);
    let mut starts: Vec<_> = roots.chain(in_cycles).collect();
    starts.reverse();
    let mut ordered = Vec::with_capacity(left.len());
    let mut begun = HashSet::new();
    let mut stack: Vec<(Position, usize)> = Vec::new();
    while let Some((position, depth)) = stack.pop().or_else(|| starts.pop().map(|start| (start, 0))) {
        if !begun.insert(position) {
            continue;
        }
        let below = effects.get(&position).map_or(&[][..], Vec::as_slice);
        stack.extend(below.iter().rev().map(|effect| (*effect, depth + 1)));
        if let Some(event) = left.remove(&position) {
            let effects = below.iter().filter(|effect| **effect != position).count();
            ordered.push(WhyEvent { depth, effects, ..event });
        }
    }
    ordered
}
