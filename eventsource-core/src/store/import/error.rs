//! Why an import ends.

use crate::{
    EventId, StreamId, Undecodable, Version,
    shown::Escaped,
    store::{BoxError, InvalidAppend, StoreError},
};

/// Why an import ended. The events stored before the error remain. The same import, repeated, skips them and resumes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// An event cannot be imported. Nothing of its chunk was stored.
    #[error("event {number} of the import was refused")]
    Refused {
        /// The number of the event, from 1: within the events given to the store, or within the whole import.
        number: u64,
        /// What is wrong with it.
        #[source]
        fault: ImportFault,
    },
    /// This program cannot decode an event that was made from an event of its own, or that the import reads
    /// as an event of the set of `Import::readable_as`. Nothing of its chunk was stored.
    #[error(
        "event {number} of the import, `{}` v{schema_version} of {stream}, cannot be decoded by this program; correct \
         its payload where it comes from, or the event set that is to read it, and repeat the import",
        Escaped(event_type)
    )]
    Undecodable {
        /// The number of the event, from 1.
        number: u64,
        /// The stream.
        stream: StreamId,
        /// The type of the event.
        event_type: String,
        /// The version of the payload.
        schema_version: u32,
        /// Why it cannot be decoded; it names the place in the payload.
        source: Undecodable,
    },
    /// The source failed to yield the next event.
    #[error("event {number} of the import could not be read")]
    Input {
        /// The number the event would have had, from 1.
        number: u64,
        /// The error of the source.
        source: BoxError,
    },
    /// This store has inline projections, which an import does not update. Nothing was stored.
    #[error(
        "an import does not update inline projections: {}; call `demote` for each, and they follow the \
         log until a program that registers them inline starts again",
        Escaped(projections.join(", "))
    )]
    Inline {
        /// The inline projections.
        projections: Vec<String>,
    },
    /// The store does not have [`Capability::Import`](crate::store::Capability::Import).
    #[error("this store does not support imports; append the events instead")]
    Unsupported,
    /// The store failed. The current chunk is stored whole or not at all: repeat the import.
    #[error("the import was interrupted; repeat it, and it resumes")]
    Store(#[from] StoreError),
}

/// Why an event cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// Earlier events of the stream are missing.
    #[error("{stream} is at version {found}, so an event cannot be stored at version {expected}")]
    Gap {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        expected: Version,
        /// The version of the stream, including the events imported so far.
        found: Version,
    },
    /// The stream has another event at its version.
    #[error("{stream} has another event at version {expected}, and is at version {found}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        expected: Version,
        /// The version of the stream.
        found: Version,
    },
    /// It is stored already, but an earlier event of its stream in the import is not.
    #[error(
        "{stream} has this event at version {version} already, but lacks an event that comes before it in the import"
    )]
    Late {
        /// The stream.
        stream: StreamId,
        /// The version at which it is stored.
        version: Version,
    },
    /// Its id belongs to another event in the store, with another stream, version or type.
    #[error("the event id {id} belongs to another event, {stream} version {version}")]
    UsedEventId {
        /// The id.
        id: EventId,
        /// The stream of the event that has it.
        stream: StreamId,
        /// The version of that event.
        version: Version,
    },
    /// An earlier event of the import has the same id.
    #[error("event {other} of the import has the same id {id}")]
    RepeatedEventId {
        /// The id.
        id: EventId,
        /// The number of the other event.
        other: u64,
    },
    /// It has no id, and no id can be derived.
    #[error(
        "the event has no id, so a repeated import would not recognise it; give it one, or name the \
         source with `from`, and an id is derived from the source and the place of the event"
    )]
    NoId,
    /// A text of the event cannot be stored.
    #[error(transparent)]
    Invalid(InvalidAppend),
}

impl ImportError {
    /// Whether the same import may succeed later without any intervention.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Refused { .. }
            | Self::Undecodable { .. }
            | Self::Input { .. }
            | Self::Inline { .. }
            | Self::Unsupported => false,
        }
    }

    /// Adjusts the event numbers for a chunk that follows this many events.
    #[must_use]
    pub fn after(mut self, events: u64) -> Self {
        if let Self::Refused { number, fault } = &mut self {
            *number += events;
            if let ImportFault::RepeatedEventId { other, .. } = fault {
                *other += events;
            }
        }
        self
    }
}
