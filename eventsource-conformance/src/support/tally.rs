//! A tiny aggregate: a tally that is added to until it is closed. Written by hand, because the derives belong
//! to the facade.

use std::{error::Error, fmt};

use eventsource::{
    Aggregate, Apply, Command, Event, EventSet, Handle, Schema, StreamId,
    event::{Decoded, EncodeError, EventType, StoredEvent, Undecodable},
    schema::{Definitions, Form, Shape, TypeSchema},
    snapshot::SnapshotCodec,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The state of a tally.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) total: u64,
    pub(crate) count: u64,
    pub(crate) closed: bool,
}

/// The events of a tally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TallyEvent {
    /// Version 1 called the amount `n`, and the type `tally.increased`.
    Added {
        amount: u64,
    },
    Closed,
}

/// Adds an amount. An amount of 0 produces no event.
#[derive(Debug, Clone)]
pub(crate) struct Add {
    pub(crate) tally: String,
    pub(crate) amount: u64,
}

/// Closes a tally. A closed one rejects every command.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub(crate) tally: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyClosed;

/// The stream of a tally.
pub(crate) fn tally(id: &str) -> StreamId {
    StreamId::new(TallyEvent::CATEGORY, id).expect("a valid id")
}

/// The command that adds to a tally.
pub(crate) fn add(tally: &str, amount: u64) -> Add {
    Add { tally: tally.to_owned(), amount }
}

/// The command that closes a tally.
pub(crate) fn close(tally: &str) -> Close {
    Close { tally: tally.to_owned() }
}

#[derive(Serialize, Deserialize)]
struct Added {
    amount: u64,
}

#[derive(Deserialize)]
struct AddedV1 {
    n: u64,
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

const ADDED: EventType = EventType {
    name: "tally.added",
    aliases: &["tally.increased"],
    category: CATEGORY,
    version: 2,
    writes: 2,
};
const CLOSED: EventType =
    EventType { name: "tally.closed", aliases: &[], category: CATEGORY, version: 1, writes: 1 };
const CATEGORY: &str = "tally";

impl EventSet for TallyEvent {
    const TYPES: &'static [EventType] = &[ADDED, CLOSED];
    const CATEGORIES: &'static [&'static str] = &[CATEGORY];

    fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        let event = match (stored.event_type, stored.schema_version) {
            ("tally.added" | "tally.increased", 1) => Self::Added { amount: payload::<AddedV1>(stored)?.n },
            ("tally.added" | "tally.increased", 2) => {
                Self::Added { amount: payload::<Added>(stored)?.amount }
            }
            ("tally.closed", 1) => payload::<Nothing>(stored).map(|_| Self::Closed)?,
            ("tally.added" | "tally.increased", _) => {
                return Err(Undecodable::UnknownVersion { known: ADDED.version });
            }
            ("tally.closed", _) => {
                return Err(Undecodable::UnknownVersion { known: CLOSED.version });
            }
            _ => return Err(Undecodable::UnknownType),
        };
        Ok(Decoded::One(event))
    }

    fn schema() -> Vec<TypeSchema> {
        // The suite does not use the shapes; the tests of the derives check them.
        let any = || Shape::build(|_| Form::Any);
        Self::TYPES
            .iter()
            .map(|ty| TypeSchema {
                set: "TallyEvent",
                name: ty.name,
                aliases: ty.aliases,
                versions: (0..ty.version).map(|_| any()).collect(),
                writes: ty.writes,
                ..TypeSchema::default()
            })
            .collect()
    }
}

impl Event for TallyEvent {
    const CATEGORY: &'static str = "tally";

    fn event_type(&self) -> &'static EventType {
        match self {
            Self::Added { .. } => &ADDED,
            Self::Closed => &CLOSED,
        }
    }

    fn encode(&self) -> Result<Box<RawValue>, EncodeError> {
        let encoded = match self {
            Self::Added { amount } => serde_json::value::to_raw_value(&Added { amount: *amount }),
            Self::Closed => serde_json::value::to_raw_value(&Nothing {}),
        };
        encoded.map_err(|source| EncodeError::Json { event_type: self.event_type().name, source })
    }
}

fn payload<T: DeserializeOwned>(stored: StoredEvent<'_>) -> Result<T, Undecodable> {
    serde_json::from_str(stored.payload)
        .map_err(|source| Undecodable::Payload { path: ".".to_owned(), source })
}

impl Schema for Tally {
    fn describe(_: &mut Definitions) -> Form {
        Form::Any
    }
}

impl Aggregate for Tally {
    type Event = TallyEvent;
    type Id = String;

    fn snapshots() -> Option<SnapshotCodec<Self>> {
        Some(SnapshotCodec::new(1, 10))
    }
}

impl Apply<TallyEvent> for Tally {
    fn apply(&mut self, event: TallyEvent) {
        match event {
            TallyEvent::Added { amount } => {
                self.total += amount;
                self.count += 1;
            }
            TallyEvent::Closed => self.closed = true,
        }
    }
}

impl Command for Add {
    type Aggregate = Tally;

    const NAME: &'static str = "Add";

    fn aggregate_id(&self) -> &String {
        &self.tally
    }
}

impl Handle<Add> for Tally {
    type Error = AlreadyClosed;

    fn handle(&self, add: &Add) -> Result<Vec<TallyEvent>, AlreadyClosed> {
        match *add {
            _ if self.closed => Err(AlreadyClosed),
            Add { amount: 0, .. } => Ok(Vec::new()),
            Add { amount, .. } => Ok(vec![TallyEvent::Added { amount }]),
        }
    }
}

impl Command for Close {
    type Aggregate = Tally;

    const NAME: &'static str = "Close";

    fn aggregate_id(&self) -> &String {
        &self.tally
    }
}

impl Handle<Close> for Tally {
    type Error = AlreadyClosed;

    fn handle(&self, _: &Close) -> Result<Vec<TallyEvent>, AlreadyClosed> {
        if self.closed { Err(AlreadyClosed) } else { Ok(vec![TallyEvent::Closed]) }
    }
}

impl fmt::Display for AlreadyClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tally is closed")
    }
}

impl Error for AlreadyClosed {}
