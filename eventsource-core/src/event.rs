//! Events: facts with a persisted type name, a schema version, and an upcast from every older version.

mod content;
mod decoded;
mod error;
mod stored;
pub(crate) mod upcast;

pub(crate) use content::{Content, Variant};
pub use decoded::Decoded;
pub use error::{DecodeError, EncodeError, Undecodable};
pub use stored::StoredEvent;
pub use upcast::UpcastFrom;

pub use crate::{
    metadata::{InvalidTraceparent, Traceparent},
    stream_id::InvalidStreamId,
    timestamp::InvalidTimestamp,
};

use serde_json::value::RawValue;

use crate::schema::TypeSchema;

/// One type of event in a set: its persisted name, and the versions of its payload that this program reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The name new events are stored under, e.g. `account.opened`.
    pub name: &'static str,
    /// Names that older events of this type are stored under.
    pub aliases: &'static [&'static str],
    /// The category of the streams that hold events of this type.
    pub category: &'static str,
    /// The newest version of the payload; all versions from 1 to this one are read.
    pub version: u32,
    /// The version of the payload that is written: `version`, or an older one while programs run that do not read
    /// `version` yet.
    pub writes: u32,
}

impl EventType {
    /// All names under which events of this type may be stored, the current one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// Events that are read together: the events of one aggregate, or of several.
///
/// Derive [`Event`] for the events of one aggregate, which includes this; derive `EventSet` for an enum of
/// such enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of events",
    label = "not a set of events",
    note = "write `#[derive(Event)]` on the enum of one aggregate's events, or `#[derive(EventSet)]` on an enum of such enums"
)]
pub trait EventSet: Sized + Send + Sync + 'static {
    /// Every type in the set. A stored name belongs to at most one of them.
    const TYPES: &'static [EventType];

    /// The categories that the set reads completely: a reader of the log that meets an event of a type that the set
    /// does not have, in a stream of one of these categories, stops or fails there. Events of other categories are
    /// skipped, unless their type is in the set.
    ///
    /// The set that `derive(Event)` makes reads its category completely, unless it is `partial`.
    const CATEGORIES: &'static [&'static str];

    /// Stored names of event types that the program no longer has: their events are decoded to nothing. None
    /// of them is a name of a type in the set.
    const REMOVED: &'static [&'static str] = &[];

    /// Whether an upcaster may use the [context](StoredEvent::context) of an event. Without one, a store may omit the
    /// context from a read.
    const ASKS_FOR_CONTEXT: bool = false;

    /// Decodes a stored event of one of these types, upcasting older versions; one of a removed type to nothing. Stored
    /// events become typed ones only by this function.
    ///
    /// # Errors
    ///
    /// If the type is not in the set, the version is newer than this program knows, the payload does not have the
    /// shape of its version, or an upcaster needs the context and it was not read.
    fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable>;

    /// The structure of every version of every type, for schema snapshots.
    fn schema() -> Vec<TypeSchema>;
}

/// The events of one aggregate, as an enum with one variant per type. Derived.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "write `#[derive(Serialize, Deserialize, Event)]` and `#[event(category = \"…\")]` on the enum of events"
)]
pub trait Event: EventSet {
    /// The category of the streams these events are appended to.
    const CATEGORY: &'static str;

    /// The type of this event, one of [`EventSet::TYPES`].
    fn event_type(&self) -> &'static EventType;

    /// The payload as JSON, in the version that is [written](EventType::writes).
    ///
    /// # Errors
    ///
    /// If the event's `Serialize` fails, for example on a map whose keys are not strings, or if the version that is
    /// written is an older one that cannot express the event.
    fn encode(&self) -> Result<Box<RawValue>, EncodeError>;
}
