//! The rules of the store contract, decided once, for the authors of stores.
//!
//! # Projections
//!
//! The rules of [`ProjectionStore`](super::ProjectionStore) are functions of what a store has read: [`generations`] says
//! what a request for a generation, a swap, or a start with further event types changes, [`leases`] who may claim a
//! partition and what a lease allows, [`parking`] what a request about a parked key means, [`instances`] what a step and an
//! operator make of a process instance, [`timers`] what several changes of timers are together, and [`names`] which keys
//! and ids are kept. A store that keeps whole [`Generation`](super::Generation)s calls them all. A store that keeps rows
//! calls those that decide on rows it has read, and expresses the others in its statements.
//!
//! # Appending and importing
//!
//! These are for a store that has one writer at a time.
//!
//! Within the transaction that writes, the store looks up the part of its log that some appends depend on, as a
//! [`LogState`]. A [`Plan`] decides on them one by one, each on the state that the earlier ones leave behind. Then the
//! store writes what was planned, and commits.
//!
//! - The rules require what [`EventStore::append`](super::EventStore::append) and
//!   [`EventStore::import`](super::EventStore::import) promise.
//! - The store calls [`Append::validate`](super::Append::validate) and
//!   [`ImportEvent::validate`](super::ImportEvent::validate) itself, before it begins a transaction. Its inline
//!   projections are its own concern too.
//! - Positions are consecutive numbers, in the order of planning.
//!
//! [`DecidedVersions`] is of use to every store: an append may depend on the events of an earlier one.
//!
//! ```
//! use eventsource::{
//!     EventId, Metadata, Position, StreamId, Version,
//!     store::{Append, ExpectedVersion, NewEvent, rules::{Head, LogState, Plan}},
//! };
//! # let payload = serde_json::value::RawValue::NULL.to_owned();
//! # let (id, metadata) = (EventId::new(), Metadata::new());
//! # let event = NewEvent { id, event_type: "account.opened".into(), schema_version: 1, payload, metadata };
//! let account = StreamId::new("account", "acc-1")?;
//! let append = Append::to(account.clone(), ExpectedVersion::Exact(Version::new(2)), vec![event]);
//! append.validate()?;
//!
//! // What the store looks up: the end of the log, and the last event of each stream.
//! let mut log = LogState { end: Position::new(7), ..LogState::default() };
//! log.heads.insert(account, Head { version: Version::new(2), position: Position::new(5) });
//!
//! let mut plan = Plan::on(log);
//! let receipts = plan.append(&append)?;
//! assert_eq!(receipts[0].version, Version::new(3));
//! // What the store writes now.
//! for planned in plan.events() {
//!     assert_eq!(planned.head, Head { version: Version::new(3), position: Position::new(8) });
//! }
//! assert!(plan.first_receipts().is_empty(), "the append has no idempotency key");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod append;
mod decided;
pub mod generations;
mod import;
pub mod instances;
pub mod leases;
pub mod names;
pub mod parking;
pub mod timers;

use std::{borrow::Cow, collections::HashMap};

pub use self::decided::DecidedVersions;
use super::{NewEvent, Receipt};
use crate::{EventId, Position, StreamId, Timestamp, Version};

/// The part of a log that some appends or imported events depend on. The store looks it up; the plan adds what it plans.
#[derive(Debug, Default)]
pub struct LogState {
    /// The position of the last event.
    pub end: Position,
    /// The last events of the streams that are appended to. A stream without an entry has no events.
    pub heads: HashMap<StreamId, Head>,
    /// For the streams that are appended to under an idempotency key: the first receipt under that key, if there is one.
    pub receipts: HashMap<(StreamId, String), Receipt>,
    /// The stored events that have the id of one of the new ones.
    pub events: HashMap<EventId, KnownEvent>,
    /// Whether the store has looked up no events, to save time: hardly any id is stored already. Then it has to look
    /// them up and plan again if the plan [needs them](Plan::needs_ids), if an import is refused, or if its unique index
    /// of event ids refuses a planned event.
    pub without_ids: bool,
}

/// The last event of a stream, or the place of an event. The default is that of a stream without events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Its version.
    pub version: Version,
    /// Its position.
    pub position: Position,
}

/// A stored event, as far as the rules compare it with a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// Its stream.
    pub stream: StreamId,
    /// Its version and position.
    pub head: Head,
    /// Its persisted type name.
    pub event_type: Cow<'static, str>,
    /// The schema version of its payload.
    pub schema_version: u32,
}

/// Decides on appends or on an import, and lists what the store has to write.
#[derive(Debug)]
pub struct Plan<'a> {
    log: LogState,
    events: Vec<PlannedEvent<'a>>,
    first_receipts: Vec<(Receipt, &'a str)>,
    needs_ids: bool,
}

/// An event to be written, with its version and position.
#[derive(Debug)]
#[non_exhaustive]
pub struct PlannedEvent<'a> {
    /// Its stream.
    pub stream: &'a StreamId,
    /// Id, type, payload and metadata.
    pub event: &'a NewEvent,
    /// Its version and position.
    pub head: Head,
    /// The time at which it was first recorded; `None` for the time of the store.
    pub recorded_at: Option<Timestamp>,
}

impl<'a> Plan<'a> {
    /// A plan without any writes yet.
    #[must_use]
    pub fn on(log: LogState) -> Self {
        Self { log, events: Vec::new(), first_receipts: Vec::new(), needs_ids: false }
    }

    /// The events to be written, in order of position.
    #[must_use]
    pub fn events(&self) -> &[PlannedEvent<'a>] {
        &self.events
    }

    /// The first receipts to be kept, each under an idempotency key and its stream.
    #[must_use]
    pub fn first_receipts(&self) -> &[(Receipt, &'a str)] {
        &self.first_receipts
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.first_receipts.is_empty()
    }

    /// Whether an append could not be decided on, because the log is [without ids](LogState::without_ids). The plan
    /// and its outcomes are then void: look up the ids, and plan again.
    #[must_use]
    pub fn needs_ids(&self) -> bool {
        self.needs_ids
    }

    fn add(&mut self, stream: &'a StreamId, event: &'a NewEvent, recorded_at: Option<Timestamp>) -> Head {
        let head = self.log.add(stream, event);
        self.events.push(PlannedEvent { stream, event, head, recorded_at });
        head
    }
}

impl LogState {
    fn head(&self, stream: &StreamId) -> Head {
        self.heads.get(stream).copied().unwrap_or_default()
    }

    /// Adds an event at the end of its stream, and of the log.
    fn add(&mut self, stream: &StreamId, event: &NewEvent) -> Head {
        self.end = Position::new(self.end.get() + 1);
        let head = self.heads.entry(stream.clone()).or_default();
        *head = Head { version: head.version.next(), position: self.end };
        let known = KnownEvent {
            stream: stream.clone(),
            head: *head,
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
        };
        self.events.insert(event.id, known);
        *head
    }
}

impl Head {
    /// The receipt of an append that left this event as the last one of its stream.
    fn receipt(self, stream: &StreamId, repeated: bool) -> Receipt {
        let Self { version, position } = self;
        Receipt { stream: stream.clone(), version, position, repeated, request: None }
    }
}

#[cfg(test)]
mod tests;
