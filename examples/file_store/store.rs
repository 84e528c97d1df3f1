//! A store that keeps its events in one file. The chapter "Writing a store" of the guide explains it part by part.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use eventsource::{
    EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StreamId, Timestamp, Version,
    snapshot::Snapshot,
    store::{
        Append, AppendError, BoxError, Capabilities, Capability, Direction, EventStore, LogFilter, LogPage,
        Receipt, Request, StoreError, StoredSnapshot, StoredType,
        rules::{Head, KnownEvent, LogState, Plan},
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line of the file: what one append stores.
#[derive(Serialize, Deserialize)]
struct Line {
    events: Vec<StoredLine>,
    receipts: Vec<ReceiptLine>,
}

/// An event in a line. The payload is a text, so that it is kept byte for byte and without a line break.
#[derive(Serialize, Deserialize)]
struct StoredLine {
    category: String,
    stream: String,
    version: u64,
    position: u64,
    id: Uuid,
    event_type: String,
    schema_version: u32,
    payload: String,
    metadata: String,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
    recorded_at: i64,
}

/// The first receipt under an idempotency key.
#[derive(Serialize, Deserialize)]
struct ReceiptLine {
    key: String,
    category: String,
    stream: String,
    version: u64,
    position: u64,
    command: Option<String>,
    content: Option<Uuid>,
}

impl Line {
    fn of(plan: &Plan<'_>) -> Self {
        let now = Timestamp::now();
        let events = plan.events().iter().map(|planned| StoredLine {
            category: planned.stream.category().to_owned(),
            stream: planned.stream.id().to_owned(),
            version: planned.head.version.get(),
            position: planned.head.position.get(),
            id: planned.event.id.as_uuid(),
            event_type: planned.event.event_type.clone().into_owned(),
            schema_version: planned.event.schema_version,
            payload: planned.event.payload.get().to_owned(),
            metadata: planned.event.metadata.encode_entries(),
            correlation_id: planned.event.metadata.correlation_id,
            causation_id: planned.event.metadata.causation_id,
            recorded_at: planned.recorded_at.unwrap_or(now).as_microsecond(),
        });
        let receipts = plan.first_receipts().iter().map(|(receipt, key)| ReceiptLine {
            key: (*key).to_owned(),
            category: receipt.stream.category().to_owned(),
            stream: receipt.stream.id().to_owned(),
            version: receipt.version.get(),
            position: receipt.position.get(),
            command: receipt.request.as_ref().map(|request| request.command.clone()),
            content: receipt.request.as_ref().and_then(|request| request.content),
        });
        Self { events: events.collect(), receipts: receipts.collect() }
    }
}

impl StoredLine {
    fn decode(self) -> Result<RecordedEvent, BoxError> {
        let metadata = Metadata::decode_entries(&self.metadata)?;
        let context = EventContext {
            stream: StreamId::new(&*self.category, &*self.stream)?,
            version: Version::new(self.version),
            position: Position::new(self.position),
            id: EventId::from(self.id),
            event_type: self.event_type.into(),
            schema_version: self.schema_version,
            metadata: Metadata {
                correlation_id: self.correlation_id,
                causation_id: self.causation_id,
                ..metadata
            },
            recorded_at: Timestamp::from_microsecond(self.recorded_at)?,
        };
        Ok(Recorded { context, event: self.payload.into() })
    }
}

impl ReceiptLine {
    fn decode(self) -> Result<(String, Receipt), BoxError> {
        let receipt = Receipt {
            stream: StreamId::new(&*self.category, &*self.stream)?,
            version: Version::new(self.version),
            position: Position::new(self.position),
            repeated: true,
            request: self.command.map(|command| Request::stored(command, self.content)),
        };
        Ok((self.key, receipt))
    }
}

/// A store of events in one file, for one process at a time.
#[derive(Debug)]
pub(crate) struct FileStore {
    contents: Mutex<Contents>,
}

#[derive(Debug)]
struct Contents {
    file: File,
    /// The length of the complete lines, in bytes.
    length: u64,
    /// The event at index `n` has position `n + 1`.
    events: Vec<RecordedEvent>,
    /// The indexes of the events of each stream, in order of version.
    streams: HashMap<StreamId, Vec<usize>>,
    ids: HashMap<EventId, usize>,
    receipts: HashMap<(StreamId, String), Receipt>,
    snapshots: HashMap<StreamId, Snapshot>,
}

impl FileStore {
    /// Opens the file, which is created if it is missing.
    ///
    /// # Errors
    ///
    /// If another store has the file open, if it cannot be read, or if a line of it is not one of this store.
    pub(crate) fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        if file.try_lock().is_err() {
            let fault = "the file is in use by another store; close that one first";
            return Err(io::Error::new(io::ErrorKind::WouldBlock, fault));
        }
        let mut contents = Contents {
            file,
            length: 0,
            events: Vec::new(),
            streams: HashMap::new(),
            ids: HashMap::new(),
            receipts: HashMap::new(),
            snapshots: HashMap::new(),
        };
        contents.load()?;
        Ok(Self { contents: Mutex::new(contents) })
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn load(&mut self) -> io::Result<()> {
        let mut lines = BufReader::new(self.file.try_clone()?);
        let mut text = Vec::new();
        // What follows the last line break was being written when the program crashed, and was never acknowledged.
        while lines.read_until(b'\n', &mut text)? > 0 && text.ends_with(b"\n") {
            let line = serde_json::from_slice(&text)?;
            self.keep(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.length += text.len() as u64;
            text.clear();
        }
        Ok(())
    }

    fn keep(&mut self, line: Line) -> Result<(), BoxError> {
        for event in line.events {
            let event = event.decode()?;
            let index = self.events.len();
            self.streams.entry(event.context.stream.clone()).or_default().push(index);
            self.ids.insert(event.context.id, index);
            self.events.push(event);
        }
        for receipt in line.receipts {
            let (key, receipt) = receipt.decode()?;
            self.receipts.insert((receipt.stream.clone(), key), receipt);
        }
        Ok(())
    }

    /// Writes a line, and returns when it would survive a crash.
    fn write(&mut self, line: Line) -> Result<(), BoxError> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        // The rest of a line that could not be written.
        self.file.set_len(self.length)?;
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        self.length += text.len() as u64;
        self.keep(line)
    }

    /// What the append depends on.
    fn state(&self, append: &Append) -> LogState {
        let mut state = LogState { end: self.end(), ..LogState::default() };
        for part in &append.streams {
            if let Some(last) = self.of(&part.stream).last() {
                state.heads.insert(part.stream.clone(), head_of(last));
            }
            if let Some(key) = &append.idempotency_key {
                let of_key = (part.stream.clone(), key.clone());
                if let Some(receipt) = self.receipts.get(&of_key) {
                    state.receipts.insert(of_key, receipt.clone());
                }
            }
            for event in &part.events {
                if let Some(index) = self.ids.get(&event.id) {
                    state.events.insert(event.id, known(&self.events[*index]));
                }
            }
        }
        state
    }

    fn end(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.context.position)
    }

    fn of(&self, stream: &StreamId) -> impl DoubleEndedIterator<Item = &RecordedEvent> {
        let indexes = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        indexes.iter().map(|&index| &self.events[index])
    }

    fn snapshot_of(&self, stream: &StreamId) -> Option<StoredSnapshot> {
        let snapshot = self.snapshots.get(stream)?.clone();
        let event = self.ids.get(&snapshot.event_id).map(|&index| &self.events[index]);
        let has_event = event.is_some_and(|event| {
            event.context.stream == *stream && event.context.version == snapshot.version
        });
        Some(StoredSnapshot { snapshot, has_event })
    }
}

fn head_of(event: &RecordedEvent) -> Head {
    Head { version: event.context.version, position: event.context.position }
}

fn known(event: &RecordedEvent) -> KnownEvent {
    KnownEvent {
        stream: event.context.stream.clone(),
        head: head_of(event),
        event_type: event.context.event_type.to_string().into(),
        schema_version: event.context.schema_version,
    }
}

#[async_trait]
impl EventStore for FileStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of([Capability::Durable])
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        append.validate()?;
        let mut contents = self.contents();
        let mut plan = Plan::on(contents.state(&append));
        let receipts = plan.append(&append)?;
        if !plan.is_empty() {
            let line = Line::of(&plan);
            if let Err(source) = contents.write(line) {
                return Err(AppendError::OutcomeUnknown { append: Box::new(append), source });
            }
        }
        Ok(receipts)
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        Ok(self.contents().receipts.get(&(stream.clone(), key.to_owned())).cloned())
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let contents = self.contents();
        let events = contents.of(stream);
        Ok(match direction {
            Direction::Forward { after } => {
                events.filter(|event| event.context.version > after).take(limit).cloned().collect()
            }
            Direction::Backward { before } => {
                events.rev().filter(|event| event.context.version < before).take(limit).cloned().collect()
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
        let admitted = contents
            .events
            .iter()
            .filter(|event| event.context.position > after && filter.admits(&event.context));
        Ok(LogPage::of(admitted, after, limit, contents.end()))
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        Ok(StoredType::all_of(&self.contents().events, samples))
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(self.contents().snapshot_of(stream))
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut contents = self.contents();
        if contents.snapshot_of(&snapshot.stream).is_none_or(|kept| kept.is_replaced_by(&snapshot)) {
            contents.snapshots.insert(snapshot.stream.clone(), snapshot);
        }
        Ok(())
    }
}
