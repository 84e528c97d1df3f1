//! Why a history was not copied.

use std::fmt;

use super::{HistoryDifference, UnequalStream};
use crate::{
    EventContext, Position, StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, InvalidPayload, StoreError},
};

/// Which of the two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySide {
    /// The one that is copied.
    Source,
    /// The one it is copied into.
    Target,
}

/// Why a history was not copied, or not as a whole. The source was only read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target does not hold the beginning of this history, but something else. Nothing was stored.
    #[error(
        "the target holds another history: {difference}; copy into an empty store, or into one that was copied \
         from this source and not used since"
    )]
    OtherHistory {
        /// The first event that is not the same.
        difference: Box<HistoryDifference>,
    },
    /// The target holds all of the source, and then more. Nothing was stored.
    #[error(
        "the target is ahead of the source: it goes on with {event}; if the two were mixed up, exchange them; if \
         the target is in use already, there is nothing left to copy, or copy into an empty store"
    )]
    Ahead {
        /// The first event that the source has not.
        event: Box<EventContext>,
    },
    /// The target refuses an event. The chunks before it are stored.
    #[error("the target refused the `{event_type}` at {stream} version {version}")]
    Refused {
        /// The stream of the event.
        stream: StreamId,
        /// Its version.
        version: Version,
        /// Its type.
        event_type: String,
        /// Why; if the stream has another event there, somebody else writes to the target.
        #[source]
        fault: Box<ImportFault>,
    },
    /// The target could not store a chunk: it has no import, projections commit with its events, or it failed. The
    /// chunks before it are stored.
    #[error(transparent)]
    Import(ImportError),
    /// A log could not be read. What was stored stays.
    #[error(
        "the log of the {side} could not be read; once it can be, copy again, and it goes on where it was"
    )]
    Read {
        /// Whose log.
        side: CopySide,
        /// What the store says.
        source: StoreError,
    },
    /// An event of the source cannot be stored anywhere. The chunks before it are stored.
    #[error("{event} of the source is damaged")]
    Unreadable {
        /// The event.
        event: Box<EventContext>,
        /// What is wrong with it.
        source: InvalidPayload,
    },
    /// All is stored, but cannot be compared yet: an append of somebody else is under way in the target. Copy again
    /// once it has ended.
    #[error(
        "all is stored, but the log of the target can be read up to position {horizon} only, not to {position}: an \
         append that is under way holds it back; copy again, and what is stored is compared"
    )]
    Unsettled {
        /// The position of the last event that was stored.
        position: Position,
        /// Up to where the log can be read.
        horizon: Position,
    },
    /// All is stored, and source and target are not the same: the target has lost or changed something, or somebody
    /// else has written to it.
    #[error("the copy is not what the source is, do not use it: {difference}; {}", summary(streams))]
    Unequal {
        /// The first event that is not the same.
        difference: Box<HistoryDifference>,
        /// The streams that are not the same; none if only their order in the log is another one.
        streams: Vec<UnequalStream>,
    },
}

impl CopyError {
    /// After so many streams that differ, the comparison is given up.
    pub const MAX_UNEQUAL: usize = 1_000;

    /// Whether the same copy may succeed later without anyone changing anything. It goes on where it was.
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

    /// With the event by its name instead of its number in the chunk.
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

/// How many streams are unequal, and the first of them.
fn summary(streams: &[UnequalStream]) -> String {
    let shown = streams.iter().take(3).map(UnequalStream::to_string).collect::<Vec<_>>().join(", ");
    match streams.len() {
        0 => "each stream is the same, but not their order".to_owned(),
        1 => format!("one stream is not the same: {shown}"),
        number @ 2..=3 => format!("{number} streams are not the same: {shown}"),
        CopyError::MAX_UNEQUAL.. => {
            format!("{} streams or more are not the same: {shown}, …", CopyError::MAX_UNEQUAL)
        }
        number => format!("{number} streams are not the same: {shown}, …"),
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
