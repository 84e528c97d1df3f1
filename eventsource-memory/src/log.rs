//! The events of the log: planning an append, and recording it.

use std::collections::HashMap;

use eventsource_core::{
    EventContext, EventId, Position, Recorded, RecordedEvent, StreamId, Timestamp,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Direction, LogFilter, LogPage, Receipt, StoredType,
        rules::{Head, KnownEvent, LogState, Plan, PlannedEvent},
    },
};
use uuid::Uuid;

#[derive(Debug, Default)]
pub(super) struct Log {
    /// The event at index `n` has position `n + 1`.
    events: Vec<RecordedEvent>,
    /// For each stream, the indexes of its events, in order of version.
    streams: HashMap<StreamId, Vec<usize>>,
    ids: HashMap<EventId, usize>,
    /// The first receipts under a key, with the time at which it was used.
    receipts: HashMap<(StreamId, String), (Receipt, Timestamp)>,
    /// How often the log was changed. A receipt without events counts too.
    changes: u64,
}

/// The events that an append records, unless the log changes first.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) receipts: Vec<Receipt>,
    pub(super) events: Vec<RecordedEvent>,
    /// The first receipts under a key.
    first_receipts: Vec<((StreamId, String), Receipt)>,
    changes: u64,
}

impl Log {
    /// The position of the last event.
    pub(super) fn end(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.context.position)
    }

    /// The plan of an append. It is empty if the append is a repetition.
    pub(super) fn plan(&self, append: &Append) -> Result<Planned, AppendError> {
        let parts = || append.streams.iter();
        let ids = parts().flat_map(|part| &part.events).map(|event| event.id);
        let mut log = self.state(parts().map(|part| &part.stream), ids);
        if let Some(key) = &append.idempotency_key {
            let kept = parts().filter_map(|part| self.receipt(&part.stream, key));
            log.receipts.extend(kept.map(|receipt| ((receipt.stream.clone(), key.clone()), receipt)));
        }
        let mut plan = Plan::on(log);
        let receipts = plan.append(append)?;
        Ok(self.planned(&plan, receipts))
    }

    /// The part of the log that appends to these streams, and events with these ids, depend on.
    pub(super) fn state<'a>(
        &self,
        streams: impl Iterator<Item = &'a StreamId>,
        ids: impl Iterator<Item = EventId>,
    ) -> LogState {
        let heads = streams.filter_map(|stream| {
            let last = self.streams.get(stream)?.last()?;
            Some((stream.clone(), head_of(&self.events[*last])))
        });
        let events = ids.filter_map(|id| Some((id, known(&self.events[*self.ids.get(&id)?]))));
        LogState { end: self.end(), heads: heads.collect(), events: events.collect(), ..LogState::default() }
    }

    /// The events and receipts of a plan.
    pub(super) fn planned(&self, plan: &Plan<'_>, receipts: Vec<Receipt>) -> Planned {
        let now = Timestamp::now();
        let first_receipts = plan.first_receipts().iter().map(|(receipt, key)| {
            let first = Receipt { repeated: true, ..receipt.clone() };
            ((receipt.stream.clone(), (*key).to_owned()), first)
        });
        Planned {
            receipts,
            events: plan.events().iter().map(|event| recorded(event, now)).collect(),
            first_receipts: first_receipts.collect(),
            changes: self.changes,
        }
    }

    /// Whether the log has not changed since the plan was made.
    pub(super) fn allows(&self, planned: &Planned) -> bool {
        self.changes == planned.changes
    }

    /// Records the planned events.
    pub(super) fn record(&mut self, planned: Planned) -> Vec<Receipt> {
        debug_assert!(self.allows(&planned), "a plan is recorded before the log changes, or checked again");
        let Planned { receipts, events, first_receipts, .. } = planned;
        self.changes += 1;
        for event in events {
            let index = self.events.len();
            self.ids.insert(event.context.id, index);
            self.streams.entry(event.context.stream.clone()).or_default().push(index);
            self.events.push(event);
        }
        let now = Timestamp::now();
        self.receipts.extend(first_receipts.into_iter().map(|(key, receipt)| (key, (receipt, now))));
        receipts
    }

    pub(super) fn receipt(&self, stream: &StreamId, key: &str) -> Option<Receipt> {
        self.receipts.get(&(stream.clone(), key.to_owned())).map(|(receipt, _)| receipt.clone())
    }

    /// Forgets keys that were used before this time.
    pub(super) fn purge_receipts(&mut self, before: Timestamp, limit: usize) -> u64 {
        let old = self.receipts.iter().filter(|(_, (_, used_at))| *used_at < before);
        let old: Vec<_> = old.take(limit).map(|(key, _)| key.clone()).collect();
        self.changes += 1;
        old.iter().filter(|key| self.receipts.remove(*key).is_some()).count() as u64
    }

    /// Whether the stream has the event that the snapshot was made at.
    pub(super) fn has_event_of(&self, snapshot: &Snapshot) -> bool {
        let event = self.ids.get(&snapshot.event_id).map(|&index| &self.events[index]);
        event.is_some_and(|event| {
            event.context.stream == snapshot.stream && event.context.version == snapshot.version
        })
    }

    pub(super) fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Vec<RecordedEvent> {
        let indices = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let events = indices.iter().map(|&index| &self.events[index]);
        match direction {
            Direction::Forward { after } => {
                events.filter(|event| event.context.version > after).take(limit).cloned().collect()
            }
            Direction::Backward { before } => {
                events.rev().filter(|event| event.context.version < before).take(limit).cloned().collect()
            }
        }
    }

    pub(super) fn read(&self, after: Position, filter: &LogFilter, limit: usize) -> LogPage {
        let admitted = self
            .events
            .iter()
            .filter(|event| event.context.position > after && filter.admits(&event.context));
        LogPage::of(admitted, after, limit, self.end())
    }

    /// The events of a correlation, found by reading all of them.
    pub(super) fn correlated(&self, correlation: Uuid, after: Position, limit: usize) -> Vec<EventContext> {
        let contexts = self.events.iter().map(|event| &event.context);
        let of_it = contexts.filter(|event| event.position > after && event.belongs_to(correlation));
        of_it.take(limit).cloned().collect()
    }

    pub(super) fn stored_types(&self, samples: usize) -> Vec<StoredType> {
        StoredType::all_of(&self.events, samples)
    }
}

fn head_of(event: &RecordedEvent) -> Head {
    Head { version: event.context.version, position: event.context.position }
}

fn known(event: &RecordedEvent) -> KnownEvent {
    let EventContext { stream, event_type, schema_version, .. } = &event.context;
    let event_type = String::from(&**event_type).into();
    KnownEvent { stream: stream.clone(), head: head_of(event), event_type, schema_version: *schema_version }
}

fn recorded(planned: &PlannedEvent<'_>, now: Timestamp) -> RecordedEvent {
    let PlannedEvent { stream, event, head, recorded_at, .. } = planned;
    let context = EventContext {
        stream: StreamId::clone(stream),
        version: head.version,
        position: head.position,
        id: event.id,
        event_type: (*event.event_type).into(),
        schema_version: event.schema_version,
        metadata: event.metadata.clone(),
        recorded_at: recorded_at.unwrap_or(now),
    };
    Recorded { context, event: event.payload.get().into() }
}
