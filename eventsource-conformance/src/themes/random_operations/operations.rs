//! Random operations on a few streams, most of which a correct store accepts.

use std::collections::HashMap;

use eventsource::{
    EventId, Metadata, RecordedEvent, StreamId, Version,
    snapshot::Snapshot,
    store::{
        Append, Direction, ExpectedVersion, ImportEvent, LogFilter, NewEvent, Request, SnapshotForm,
        StreamAppend,
    },
};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::support::{Chance, exactly};

/// A call to a store.
#[derive(Debug)]
pub(super) enum Operation {
    Append(Append),
    AppendEach(Vec<Append>),
    Import(Vec<ImportEvent>),
    FindReceipt(StreamId, String),
    ReadStream(StreamId, Direction, usize),
    /// After a version, up to another one.
    ReadHistory(StreamId, Version, Version),
    ReadLog {
        /// How many events of the log are skipped.
        after: usize,
        filter: LogFilter,
        limit: usize,
    },
    SaveSnapshot(Snapshot),
    LoadSnapshot(StreamId),
    CountTypes(Vec<String>),
}

/// The operations of a seed. They use streams, types and event ids that no other seed uses.
pub(super) struct Operations {
    seed: usize,
    chance: Chance,
    /// How many event ids were used.
    ids: u64,
    /// The appends so far, to be repeated.
    appends: Vec<Append>,
    /// The versions of the streams if every append of a list succeeds.
    versions: HashMap<StreamId, u64>,
}

const STREAMS: usize = 4;
const TYPES: usize = 3;
const KEYS: usize = 5;

impl Operations {
    pub(super) fn of_seed(seed: usize) -> Self {
        let chance = Chance::new(seed);
        Self { seed, chance, ids: 0, appends: Vec::new(), versions: HashMap::new() }
    }

    /// The next operation on a store with this log.
    pub(super) fn next(&mut self, log: &[RecordedEvent]) -> Operation {
        self.versions =
            log.iter().map(|event| (event.context.stream.clone(), event.context.version.get())).collect();
        match self.chance.below(20) {
            0..=6 => Operation::Append(self.append()),
            7..=8 => Operation::AppendEach(self.list()),
            9..=10 => Operation::Import((0..=self.chance.below(4)).map(|_| self.import(log)).collect()),
            11 => Operation::FindReceipt(self.stream(), self.key()),
            12..=13 => Operation::ReadStream(self.stream(), self.direction(), self.chance.below(6)),
            14 => Operation::ReadHistory(self.stream(), self.version(), self.version()),
            15..=16 => Operation::ReadLog {
                after: self.chance.below(log.len() + 1),
                filter: self.filter(),
                limit: [1, 2, 7, usize::MAX][self.chance.below(4)],
            },
            17 => Operation::SaveSnapshot(self.snapshot(log)),
            18 => Operation::LoadSnapshot(self.stream()),
            _ => Operation::CountTypes((0..TYPES).map(|number| self.type_name(number)).collect()),
        }
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.chance.below(count) == 0
    }

    fn category(&self, number: usize) -> String {
        format!("random-{}-{}", self.seed, number % 2)
    }

    /// Two streams in each of two categories.
    fn stream_of(&self, number: usize) -> StreamId {
        StreamId::new(self.category(number), format!("id-{}", number / 2)).expect("a valid id")
    }

    fn stream(&mut self) -> StreamId {
        let number = self.chance.below(STREAMS);
        self.stream_of(number)
    }

    fn type_name(&self, number: usize) -> String {
        format!("random-{}.{number}", self.seed)
    }

    fn key(&mut self) -> String {
        format!("key-{}", self.chance.below(KEYS))
    }

    fn version(&mut self) -> Version {
        Version::new(self.chance.below(15) as u64)
    }

    fn direction(&mut self) -> Direction {
        match self.chance.below(4) {
            0..=1 => Direction::Forward { after: self.version() },
            2 => Direction::Backward { before: self.version() },
            _ => Direction::Backward { before: Version::MAX },
        }
    }

    fn filter(&mut self) -> LogFilter {
        let types = (0..self.chance.below(TYPES)).map(|number| self.type_name(number));
        let types = LogFilter::of_types(types.collect::<Vec<_>>());
        match self.chance.below(3) {
            0 => LogFilter::all(),
            1 => types,
            _ => LogFilter { categories: vec![self.category(0)], ..types },
        }
    }

    /// An id that mostly is new.
    fn id(&mut self) -> EventId {
        let used = self.ids > 0 && self.one_in(25);
        let number = if used {
            1 + self.chance.below(usize::try_from(self.ids).expect("few ids")) as u64
        } else {
            self.ids += 1;
            self.ids
        };
        Uuid::from_u64_pair(self.seed as u64 + 1, number).into()
    }

    fn event(&mut self) -> NewEvent {
        let event_type = self.chance.below(TYPES);
        let entry = if self.one_in(3) { Metadata::new().with("n", "1") } else { Metadata::new() };
        NewEvent {
            id: self.id(),
            event_type: self.type_name(event_type).into(),
            schema_version: if self.one_in(4) { 2 } else { 1 },
            payload: self.json(),
            metadata: entry,
        }
    }

    fn json(&mut self) -> Box<RawValue> {
        let json = format!("{{\"n\": {}}}", self.chance.below(1_000));
        RawValue::from_string(json).expect("it is JSON")
    }

    fn append(&mut self) -> Append {
        if !self.appends.is_empty() && self.one_in(6) {
            return self.repetition();
        }
        let (first, count) = (self.chance.below(STREAMS), [1, 1, 1, 1, 2, 3][self.chance.below(6)]);
        self.append_to(first, count)
    }

    /// A list of appends to one stream. The order of appends to several streams is left open by the contract.
    fn list(&mut self) -> Vec<Append> {
        let stream = self.chance.below(STREAMS);
        let mut list: Vec<Append> = Vec::new();
        for _ in 0..=self.chance.below(5) {
            let append = match list.last() {
                Some(last) if self.one_in(5) => last.clone(),
                _ => self.append_to(stream, 1),
            };
            list.push(append);
        }
        list
    }

    fn append_to(&mut self, first: usize, count: usize) -> Append {
        // Rarely the same stream twice, which is refused.
        let step = if self.one_in(40) { 0 } else { 1 };
        let parts = (0..count).map(|number| self.part((first + number * step) % STREAMS));
        let streams = parts.collect();
        let keyed = self.one_in(3);
        let append = Append {
            streams,
            idempotency_key: keyed.then(|| self.key()),
            request: (keyed && self.one_in(2)).then(|| Request::new(["One", "Other"][self.chance.below(2)])),
        };
        self.appends.push(append.clone());
        append
    }

    fn part(&mut self, number: usize) -> StreamAppend {
        let stream = self.stream_of(number);
        let events: Vec<_> = (0..[1, 1, 2, 3, 0][self.chance.below(5)]).map(|_| self.event()).collect();
        let version = self.versions.get(&stream).copied().unwrap_or_default();
        let expected = match self.chance.below(12) {
            0..=7 => exactly(version),
            8 => ExpectedVersion::Any,
            9 => ExpectedVersion::NoStream,
            10 => ExpectedVersion::StreamExists,
            _ => exactly(self.chance.below(12) as u64),
        };
        self.versions.insert(stream.clone(), version + events.len() as u64);
        StreamAppend { stream, expected, events }
    }

    /// An earlier append, unchanged or with a difference.
    fn repetition(&mut self) -> Append {
        let mut append = self.appends[self.chance.below(self.appends.len())].clone();
        match self.chance.below(6) {
            0 => append.idempotency_key = Some(self.key()),
            1 => append.idempotency_key = None,
            2 => append.request = Some(Request::new("Another")),
            3 => drop(append.streams.pop()),
            _ => {}
        }
        append
    }

    /// An event that is stored already or, more often, continues a stream.
    fn import(&mut self, log: &[RecordedEvent]) -> ImportEvent {
        if !log.is_empty() && self.one_in(3) {
            let stored = log[self.chance.below(log.len())].clone();
            let mut event = ImportEvent::try_from(stored).expect("a stored payload is JSON");
            match self.chance.below(8) {
                0 => event.event.schema_version += 1,
                1 => event.version = None,
                2 => event.stream = self.stream(),
                _ => {}
            }
            return event;
        }
        let (stream, NewEvent { id, event_type, schema_version, payload, metadata }) =
            (self.stream(), self.event());
        let version = self.versions.entry(stream.clone()).or_default();
        *version += 1;
        let next = *version;
        let event = ImportEvent::raw(stream, event_type, schema_version, payload.get()).expect("it is JSON");
        let event = event.id(id).metadata(metadata);
        match self.chance.below(8) {
            0..=3 => event.version(Version::new(next)),
            4 => event.version(Version::new(1 + self.chance.below(12) as u64)),
            _ => event,
        }
    }

    /// Mostly made at an event of the log.
    fn snapshot(&mut self, log: &[RecordedEvent]) -> Snapshot {
        let (mut stream, mut version, mut event_id) = (self.stream(), self.version(), self.id());
        // A snapshot is made at an event.
        version = version.max(Version::new(1));
        if !log.is_empty() && !self.one_in(4) {
            let event = &log[self.chance.below(log.len())];
            (stream, version, event_id) =
                (event.context.stream.clone(), event.context.version, event.context.id);
        }
        let fingerprint = ["one", "one", "other"][self.chance.below(3)];
        let form = SnapshotForm { version: 1, fingerprint: fingerprint.into() };
        Snapshot { stream, version, event_id, form, state: self.json() }
    }
}
