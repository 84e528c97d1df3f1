//! The reference store: the contract in its shortest form, in memory and gone with the process.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    EventContext, EventId, Position, Recorded, RecordedEvent, Snapshot, StreamId, Timestamp, Version,
    store::{
        Append, AppendError, Direction, EventStore, InvalidAppend, LogFilter, LogPage, NewEvent, Receipt,
        StoreError, StoredType, StreamAppend,
    },
};

/// A store in memory, for tests and a first try.
///
/// One lock makes every call atomic, so the log is in commit order and the horizon is always its end.
///
/// ```
/// use eventsource_core::{EventSource, MemoryStore};
/// let es = EventSource::new(MemoryStore::new());
/// # let _ = es;
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    /// The event at index `n` has position `n + 1`.
    log: Vec<RecordedEvent>,
    /// Where in the log the events of a stream are, in order of version.
    streams: HashMap<StreamId, Vec<usize>>,
    ids: HashMap<EventId, usize>,
    receipts: HashMap<(StreamId, String), Receipt>,
    snapshots: HashMap<StreamId, Snapshot>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Every change below is made after the last check, so a panic cannot leave it half done.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        append.validate()?;
        let mut contents = self.contents();
        if let Some(receipts) = contents.repeated(&append)? {
            return Ok(receipts);
        }
        for StreamAppend { stream, expected, events } in &append.streams {
            let actual = contents.version(stream);
            if !expected.allows(actual) {
                return Err(AppendError::Conflict { stream: stream.clone(), expected: *expected, actual });
            }
            if let Some(used) = events.iter().find(|event| contents.ids.contains_key(&event.id)) {
                return Err(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.id }.into());
            }
        }
        let recorded_at = Timestamp::now();
        let key = append.idempotency_key;
        Ok(append.streams.into_iter().map(|part| contents.write(part, key.as_deref(), recorded_at)).collect())
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        Ok(self.contents().receipt(stream, key))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let contents = self.contents();
        let indices = contents.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let events = indices.iter().map(|&index| &contents.log[index]);
        Ok(match direction {
            Direction::Forward { after } => {
                events.filter(|event| event.version > after).take(limit).cloned().collect()
            }
            Direction::Backward { before } => {
                events.rev().filter(|event| event.version < before).take(limit).cloned().collect()
            }
        })
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let contents = self.contents();
        let mut rest =
            contents.log.iter().filter(|event| event.position > after && filter.admits(&event.event_type));
        let events: Vec<_> = rest.by_ref().take(limit).cloned().collect();
        let at_head = rest.next().is_none();
        let head = contents.log.last().map_or(Position::START, |event| event.position);
        let read = if at_head { head } else { events.last().map_or(after, |event| event.position) };
        Ok(LogPage { events, horizon: read.max(after), at_head })
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.contents().snapshots.get(stream).cloned())
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let newer = |kept: &Snapshot| kept.form == snapshot.form && kept.version >= snapshot.version;
        if !contents.snapshots.get(&snapshot.stream).is_some_and(newer) {
            contents.snapshots.insert(snapshot.stream.clone(), snapshot);
        }
        Ok(())
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        let mut types: BTreeMap<(String, u32), Vec<RecordedEvent>> = BTreeMap::new();
        for event in &self.contents().log {
            types
                .entry((event.event_type.to_string(), event.schema_version))
                .or_default()
                .push(event.clone());
        }
        let stored = types.into_iter().map(|((event_type, schema_version), events)| {
            let count = events.len();
            let step = count.div_ceil(samples.max(1));
            let samples = events.into_iter().step_by(step).take(samples).collect();
            StoredType { event_type, schema_version, count: count as u64, samples }
        });
        Ok(stored.collect())
    }
}

impl Contents {
    fn version(&self, stream: &StreamId) -> Version {
        Version::new(self.streams.get(stream).map_or(0, |indices| indices.len() as u64))
    }

    fn receipt(&self, stream: &StreamId, key: &str) -> Option<Receipt> {
        self.receipts.get(&(stream.clone(), key.to_owned())).cloned()
    }

    /// The first receipts, if this append happened before: under the same key, or with the same event ids.
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
        let find = |event: &NewEvent| self.ids.get(&event.id).map(|&index| &self.log[index]);
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

    fn write(&mut self, part: StreamAppend, key: Option<&str>, recorded_at: Timestamp) -> Receipt {
        let StreamAppend { stream, events, .. } = part;
        for event in events {
            let index = self.log.len();
            let context = EventContext {
                version: self.version(&stream).next(),
                position: Position::new(index as u64 + 1),
                id: event.id,
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                metadata: event.metadata,
                recorded_at,
                stream: stream.clone(),
            };
            self.ids.insert(event.id, index);
            self.streams.entry(stream.clone()).or_default().push(index);
            self.log.push(Recorded { context, event: event.payload.get().into() });
        }
        let receipt = self.head(&stream, false);
        if let Some(key) = key {
            let first = Receipt { repeated: true, ..receipt.clone() };
            self.receipts.insert((stream, key.to_owned()), first);
        }
        receipt
    }

    /// The receipt for a stream as it stands.
    fn head(&self, stream: &StreamId, repeated: bool) -> Receipt {
        let last = self.streams.get(stream).and_then(|indices| indices.last());
        let empty = || Receipt {
            stream: stream.clone(),
            version: Version::EMPTY,
            position: Position::START,
            repeated,
        };
        last.map_or_else(empty, |&index| receipt_of(&self.log[index], repeated))
    }
}

fn receipt_of(event: &RecordedEvent, repeated: bool) -> Receipt {
    Receipt { stream: event.stream.clone(), version: event.version, position: event.position, repeated }
}
