//! The errors of copying a history.

use std::fmt;

use super::difference::{HistoryDifference, UnequalStream};
use crate::{
    EventContext, Position, StreamId, Version,
    store::{Escaped, ImportError, ImportEvent, ImportFault, InvalidPayload, StoreError},
};

/// One of the two stores of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySide {
    /// The store that is copied.
    Source,
    /// The store that the history is copied into.
    Target,
}

/// Why a history was not copied completely. The source was only read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target holds another history than the source. Nothing was stored.
    #[error(
        "the target holds another history: {difference}; copy into an empty store, or into one that was copied \
         from this source and not used since"
    )]
    OtherHistory {
        /// The first event that differs.
        difference: Box<HistoryDifference>,
    },
    /// The target holds all events of the source, and more. Nothing was stored.
    #[error(
        "the target is ahead of the source: it continues with {event}; if the arguments were confused, swap them; if \
         the target is in use already, there is nothing left to copy, or copy into an empty store"
    )]
    Ahead {
        /// The first event that the source does not have.
        event: Box<EventContext>,
    },
    /// The target refused an event. The chunks before it are stored.
    #[error("the target refused the `{}` at {stream} version {version}", Escaped(event_type))]
    Refused {
        /// The stream of the event.
        stream: StreamId,
        /// Its version.
        version: Version,
        /// Its type.
        event_type: String,
        /// Why; if the stream has another event at this version, another process writes to the target.
        #[source]
        fault: Box<ImportFault>,
    },
    /// The target could not store a chunk: it does not support imports, it has inline projections, or it failed.
    /// The chunks before it are stored.
    #[error(transparent)]
    Import(ImportError),
    /// A log could not be read. The chunks stored before stay.
    #[error("could not read the log of the {side}; copy again once it can be read, and the copy resumes")]
    Read {
        /// The store of the log.
        side: CopySide,
        /// The error of the store.
        source: StoreError,
    },
    /// An event of the source has an invalid payload. The chunks before it are stored.
    #[error("{event} of the source has an invalid payload")]
    Unreadable {
        /// The event.
        event: Box<EventContext>,
        /// The fault of the payload.
        source: InvalidPayload,
    },
    /// All events are stored, but cannot be compared yet: another append is running in the target. Copy again once
    /// it has ended.
    #[error(
        "all events are stored, but the log of the target can be read only up to position {horizon}, not to {position}: \
         a running append holds back the horizon; copy again to compare the stored events"
    )]
    Unsettled {
        /// The position of the last event that was stored.
        position: Position,
        /// The position up to which the log can be read.
        horizon: Position,
    },
    /// All events are stored, but source and target differ: the target has lost or changed an event, or another
    /// process has written to it.
    #[error("the copy differs from the source, do not use it: {difference}; {}", summary(streams))]
    Unequal {
        /// The first event that differs.
        difference: Box<HistoryDifference>,
        /// The streams that differ; empty if only the order of their events in the log differs.
        streams: Vec<UnequalStream>,
    },
}

impl CopyError {
    /// The comparison stops after this number of streams that differ.
    pub const MAX_UNEQUAL: usize = 1_000;

    /// Whether the same copy may succeed later without any change. It then resumes.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Import(error) => error.is_retryable(),
            Self::Read { source, .. } => source.is_retryable(),
            Self::Unsettled { .. } => true,
            Self::OtherHistory { .. }
            | Self::Ahead { .. }
            | Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::Unequal { .. } => false,
        }
    }

    /// Names the event by stream and version instead of its number in the chunk.
    pub(super) fn importing(error: ImportError, chunk: &[ImportEvent]) -> Self {
        let ImportError::Refused { number, fault } = error else { return Self::Import(error) };
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match index.and_then(|index| chunk.get(index)) {
            Some(event) => Self::Refused {
                stream: event.stream.clone(),
                version: event.version.unwrap_or_default(),
                event_type: event.event.event_type.clone().into_owned(),
                fault: Box::new(fault),
            },
            None => Self::Import(ImportError::Refused { number, fault }),
        }
    }
}

/// The number of streams that differ, and the first of them.
fn summary(streams: &[UnequalStream]) -> String {
    let shown = streams.iter().take(3).map(UnequalStream::to_string).collect::<Vec<_>>().join(", ");
    match streams.len() {
        0 => "each stream is equal, but the order of the events differs".to_owned(),
        1 => format!("one stream differs: {shown}"),
        number @ 2..=3 => format!("{number} streams differ: {shown}"),
        CopyError::MAX_UNEQUAL.. => {
            format!("{} streams or more differ: {shown}, …", CopyError::MAX_UNEQUAL)
        }
        number => format!("{number} streams differ: {shown}, …"),
    }
}

impl fmt::Display for CopySide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}
