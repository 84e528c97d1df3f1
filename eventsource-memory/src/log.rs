//! The events of the log: planning an append, and recording it.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
};

use eventsource_core::{
    EventContext, EventId, Position, Recorded, RecordedEvent, Snapshot, StreamId, Timestamp, Version,
    store::{
        Append, AppendError, Direction, InvalidAppend, LogFilter, LogPage, NewEvent, Receipt, StoredType,
        StreamAppend,
    },
};

#[derive(Debug, Default)]
pub(super) struct Log {
    /// The event at index `n` has position `n + 1`.
    pub(super) events: Vec<RecordedEvent>,
    /// For each stream, the indexes of its events, in order of version.
    streams: HashMap<StreamId, Vec<usize>>,
    pub(super) ids: HashMap<EventId, usize>,
    receipts: HashMap<(StreamId, String), Receipt>,
    /// How often the log was changed. A receipt without events counts too.
    changes: u64,
}

/// The events that an append records, unless the log changes first.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) receipts: Vec<Receipt>,
    pub(super) events: Vec<RecordedEvent>,
    key: Option<String>,
    changes: u64,
}

impl Log {
    /// The position of the last event.
    pub(super) fn end(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.position)
    }

    /// The plan of an append. It is empty if the append is a repetition.
    pub(super) fn plan(&self, append: Append) -> Result<Planned, AppendError> {
        let nothing = |receipts| Planned { receipts, ..self.nothing() };
        if let Some(receipts) = self.repeated(&append)? {
            return Ok(nothing(receipts));
        }
        for StreamAppend { stream, expected, events } in &append.streams {
            let actual = self.version(stream);
            if !expected.allows(actual) {
                return Err(AppendError::Conflict { stream: stream.clone(), expected: *expected, actual });
            }
            if let Some(used) = events.iter().find(|event| self.ids.contains_key(&event.id)) {
                return Err(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.id }.into());
            }
        }
        let Append { streams, idempotency_key, request } = append;
        let request = request.filter(|_| idempotency_key.is_some());
        let mut planned = Planned { key: idempotency_key, ..nothing(Vec::new()) };
        let recorded_at = Timestamp::now();
        for part in streams {
            self.plan_part(part, recorded_at, &mut planned);
        }
        planned.receipts.iter_mut().for_each(|receipt| receipt.request.clone_from(&request));
        Ok(planned)
    }

    /// A plan that records no events.
    pub(super) fn nothing(&self) -> Planned {
        Planned { receipts: Vec::new(), events: Vec::new(), key: None, changes: self.changes }
    }

    fn plan_part(&self, part: StreamAppend, recorded_at: Timestamp, planned: &mut Planned) {
        let StreamAppend { stream, events, .. } = part;
        let mut receipt = self.head(&stream, false);
        for event in events {
            receipt.version = receipt.version.next();
            receipt.position = Position::new((self.events.len() + planned.events.len()) as u64 + 1);
            let context = EventContext {
                version: receipt.version,
                position: receipt.position,
                id: event.id,
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                metadata: event.metadata,
                recorded_at,
                stream: stream.clone(),
            };
            planned.events.push(Recorded { context, event: event.payload.get().into() });
        }
        planned.receipts.push(receipt);
    }

    /// Whether the log has not changed since the plan was made.
    pub(super) fn allows(&self, planned: &Planned) -> bool {
        self.changes == planned.changes
    }

    /// Records the planned events.
    pub(super) fn record(&mut self, planned: Planned) -> Vec<Receipt> {
        debug_assert!(self.allows(&planned), "a plan is recorded before the log changes, or checked again");
        let Planned { receipts, events, key, .. } = planned;
        self.changes += 1;
        for event in events {
            let index = self.events.len();
            self.ids.insert(event.id, index);
            self.streams.entry(event.stream.clone()).or_default().push(index);
            self.events.push(event);
        }
        if let Some(key) = key {
            let first = |receipt: &Receipt| Receipt { repeated: true, ..receipt.clone() };
            let kept = receipts.iter().map(|it| ((it.stream.clone(), key.clone()), first(it)));
            self.receipts.extend(kept);
        }
        receipts
    }

    pub(super) fn receipt(&self, stream: &StreamId, key: &str) -> Option<Receipt> {
        self.receipts.get(&(stream.clone(), key.to_owned())).cloned()
    }

    /// Whether the stream has the event that the snapshot was made at.
    pub(super) fn has_event_of(&self, snapshot: &Snapshot) -> bool {
        let event = self.ids.get(&snapshot.event_id).map(|&index| &self.events[index]);
        event.is_some_and(|event| event.stream == snapshot.stream && event.version == snapshot.version)
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
                events.filter(|event| event.version > after).take(limit).cloned().collect()
            }
            Direction::Backward { before } => {
                events.rev().filter(|event| event.version < before).take(limit).cloned().collect()
            }
        }
    }

    pub(super) fn read(&self, after: Position, filter: &LogFilter, limit: usize) -> LogPage {
        let mut rest = self.events.iter().filter(|event| event.position > after && filter.admits(event));
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < limit && bytes < LogPage::BYTES {
            let Some(event) = rest.next() else { break };
            bytes += event.payload().len();
            events.push(event.clone());
        }
        let at_head = rest.next().is_none();
        let read = if at_head { self.end() } else { events.last().map_or(after, |event| event.position) };
        LogPage { events, horizon: read.max(after), at_head }
    }

    pub(super) fn stored_types(&self, samples: usize) -> Vec<StoredType> {
        let mut types: BTreeMap<(&str, &str, u32), Vec<&RecordedEvent>> = BTreeMap::new();
        for event in &self.events {
            let EventContext { stream, event_type, schema_version, .. } = &event.context;
            types.entry((stream.category(), event_type, *schema_version)).or_default().push(event);
        }
        // With other keys for each call, it gives the events an order of chance.
        let chance = RandomState::new();
        let stored = types.into_iter().map(|((category, event_type, schema_version), mut events)| {
            let count = events.len() as u64;
            events.sort_by_cached_key(|event| chance.hash_one(event.position));
            events.truncate(samples);
            events.sort_by_key(|event| event.position);
            let (category, event_type) = (category.to_owned(), event_type.to_owned());
            let samples = events.into_iter().cloned().collect();
            StoredType { category, event_type, schema_version, count, samples }
        });
        stored.collect()
    }

    pub(super) fn version(&self, stream: &StreamId) -> Version {
        Version::new(self.streams.get(stream).map_or(0, |indices| indices.len() as u64))
    }

    /// The first receipts, if this append is a repetition: under the same key, or with the same event ids.
    fn repeated(&self, append: &Append) -> Result<Option<Vec<Receipt>>, InvalidAppend> {
        if let Some(key) = &append.idempotency_key {
            let kept: Vec<_> =
                append.streams.iter().filter_map(|part| self.receipt(&part.stream, key)).collect();
            if kept.len() == append.streams.len() {
                return Ok(Some(kept));
            }
            if let Some(Receipt { stream, .. }) = kept.into_iter().next() {
                return Err(InvalidAppend::UsedKey { stream, key: key.clone() });
            }
        }
        let with_events = append.streams.iter().filter(|part| !part.events.is_empty()).count();
        let find = |event: &NewEvent| self.ids.get(&event.id).map(|&index| &self.events[index]);
        let stored = |part: &StreamAppend| {
            let whole =
                part.events.iter().all(|event| find(event).is_some_and(|it| it.stream == part.stream));
            part.events.last().filter(|_| whole).and_then(find).map(|last| receipt_of(last, true))
        };
        let found = append.streams.iter().filter(|part| stored(part).is_some()).count();
        if found == 0 || found < with_events {
            return Ok(None);
        }
        let receipts =
            append.streams.iter().map(|part| stored(part).unwrap_or_else(|| self.head(&part.stream, true)));
        Ok(Some(receipts.collect()))
    }

    /// A receipt with the current version of a stream.
    fn head(&self, stream: &StreamId, repeated: bool) -> Receipt {
        let last = self.streams.get(stream).and_then(|indices| indices.last());
        let empty = || Receipt {
            stream: stream.clone(),
            version: Version::EMPTY,
            position: Position::START,
            repeated,
            request: None,
        };
        last.map_or_else(empty, |&index| receipt_of(&self.events[index], repeated))
    }
}

fn receipt_of(event: &RecordedEvent, repeated: bool) -> Receipt {
    let EventContext { stream, version, position, .. } = &event.context;
    Receipt { stream: stream.clone(), version: *version, position: *position, repeated, request: None }
}
