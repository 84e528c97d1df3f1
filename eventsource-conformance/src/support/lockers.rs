//! Lockers, whose events have a new schema version: the release that still writes the older one, and the next release.

use eventsource::{
    Aggregate, Apply, Change, Command, Event, Fold, Handle, Metadata, ReadModel, Recorded, Schema, StreamId,
    store::NewEvent,
};
use serde::{Deserialize, Serialize};

macro_rules! release {
    ($(#[$doc:meta])* $name:ident, { $($variants:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
        #[event(category = "locker")]
        pub(crate) enum $name { $($variants)* }

        impl From<OpenedV1> for $name {
            fn from(old: OpenedV1) -> Self {
                Self::Opened { by: old.by, note: "none".to_owned() }
            }
        }

        impl From<PaidV1> for $name {
            fn from(old: PaidV1) -> Self {
                Self::Paid { cents: old.cents, currency: "EUR".to_owned() }
            }
        }
    };
}

release!(/** It reads versions 1 and 2, and writes version 1. */ Expanded, {
    #[event(version = 2, from(OpenedV1), write = 1, downcast = opened_v1)]
    Opened { by: String, note: String },
    #[event(version = 2, from(PaidV1), write = 1, downcast = paid_v1)]
    Paid { cents: u64, currency: String },
});
release!(/** It writes version 2. */ Contracted, {
    #[event(version = 2, from(OpenedV1))]
    Opened { by: String, note: String },
    #[event(version = 2, from(PaidV1))]
    Paid { cents: u64, currency: String },
});

/// Version 1 had no note.
#[derive(Serialize, Deserialize, Schema)]
pub(crate) struct OpenedV1 {
    by: String,
}

/// Version 1 had no currency.
#[derive(Serialize, Deserialize, Schema)]
pub(crate) struct PaidV1 {
    cents: u64,
}

/// The note is lost.
fn opened_v1(by: &str, _: &str) -> OpenedV1 {
    OpenedV1 { by: by.to_owned() }
}

/// Another currency is refused.
fn paid_v1(cents: &u64, currency: &str) -> Result<PaidV1, &'static str> {
    if currency == "EUR" { Ok(PaidV1 { cents: *cents }) } else { Err("another currency than EUR") }
}

impl Expanded {
    pub(crate) fn opened(note: &str) -> Self {
        Self::Opened { by: "ann".to_owned(), note: note.to_owned() }
    }

    pub(crate) fn paid(currency: &str) -> Self {
        Self::Paid { cents: 5, currency: currency.to_owned() }
    }
}

impl Contracted {
    /// An event that the next release has opened a locker.
    pub(crate) fn opened(note: &str) -> NewEvent {
        let event = Self::Opened { by: "ann".to_owned(), note: note.to_owned() };
        NewEvent::encode(&event, Metadata::new()).expect("it can be encoded")
    }
}

/// The stream of a locker.
pub(crate) fn locker(id: &str) -> StreamId {
    StreamId::new(Expanded::CATEGORY, id).expect("a valid id")
}

/// The state of a locker, with a snapshot after every second event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = Expanded, id = str, snapshot(version = 1, every = 2))]
pub(crate) struct Locker {
    pub(crate) notes: Vec<String>,
    pub(crate) paid: u64,
}

impl Apply<Expanded> for Locker {
    fn apply(&mut self, event: Expanded) {
        match event {
            Expanded::Opened { note, .. } => self.notes.push(note),
            Expanded::Paid { cents, .. } => self.paid += cents,
        }
    }
}

/// Records these events.
#[derive(Debug, Command)]
#[command(aggregate = Locker)]
pub(crate) struct Record(#[command(id)] pub(crate) &'static str, pub(crate) Vec<Expanded>);

impl Handle<Record> for Locker {
    type Error = std::convert::Infallible;

    fn handle(&self, record: &Record) -> Result<Vec<Expanded>, Self::Error> {
        Ok(record.1.clone())
    }
}

/// Is rejected with the state on which it is handled.
#[derive(Debug, Command)]
#[command(aggregate = Locker)]
pub(crate) struct Show(#[command(id)] pub(crate) &'static str);

/// The state on which a command is handled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown(pub(crate) Locker);

impl Handle<Show> for Locker {
    type Error = Shown;

    fn handle(&self, _: &Show) -> Result<Vec<Expanded>, Shown> {
        Err(Shown(self.clone()))
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Shown {}

/// The notes of each locker, in the order of the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "lockers")]
pub(crate) struct LockerNotes {
    #[read_model(key)]
    pub(crate) locker: String,
    pub(crate) notes: Vec<String>,
}

impl Fold<Expanded> for LockerNotes {
    fn key(event: &Recorded<Expanded>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<Expanded>) -> Change<Self> {
        let mut row =
            row.unwrap_or_else(|| Self { locker: event.aggregate_id().to_owned(), notes: Vec::new() });
        if let Expanded::Opened { note, .. } = &event.event {
            row.notes.push(note.clone());
        }
        Change::Put(row)
    }
}
