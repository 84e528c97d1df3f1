//! What a store may answer instead. A conflict, a refusal, an outage and an unknown outcome are different
//! things to a caller, so they are different variants.

use std::{error::Error, time::Duration};

use super::{Append, ExpectedVersion, InvalidAppend};
use crate::{StreamId, Version};

/// The error of a backend, kept as the source.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an append did not happen, or may not have happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Someone else appended first. Nothing was stored; load what is new and decide again.
    #[error("conflict on {stream}: expected {expected}, found version {actual}; load it and decide again")]
    Conflict {
        /// The stream whose version was not the expected one.
        stream: StreamId,
        /// What was expected.
        expected: ExpectedVersion,
        /// The version it has.
        actual: Version,
    },
    /// The append cannot be kept as it is. Nothing was stored; repeating it will not help.
    #[error("the append was refused")]
    Invalid(#[from] InvalidAppend),
    /// Read models commit with the events in this store, and this append did not keep them. Nothing was stored.
    #[error(
        "{} with the events, but not in this program; register it with `inline`, or call `demote` to let it \
         follow the log",
        commits(projections)
    )]
    Inline {
        /// The projections that commit with the events.
        projections: Vec<String>,
    },
    /// A projection that commits with the events failed. Nothing was stored.
    #[error("the projection `{projection}`, which commits with the events, failed; nothing was appended")]
    Projection {
        /// The projection.
        projection: String,
        /// What it failed with.
        source: BoxError,
    },
    /// The connection was lost while committing: the events are stored, or they are not. Repeat the append
    /// with the same event ids: one that did happen is recognised.
    #[error(
        "the outcome of the append is unknown; repeat it with the same event ids: it happens once at most"
    )]
    OutcomeUnknown {
        /// The append, to be repeated as it is.
        append: Box<Append>,
        /// How the connection was lost.
        source: BoxError,
    },
    /// The store failed before anything was stored.
    #[error("nothing was appended")]
    Store(#[from] StoreError),
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The server is not there, went away, is starting, or is no longer the primary.
    #[error("the store is unavailable while {action}; try again once it is back")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// What the backend says.
        source: BoxError,
    },
    /// All connections were in use for longer than the acquire timeout.
    #[error(
        "no connection became free within {waited:?} while {action}; try again, or allow more connections"
    )]
    Exhausted {
        /// What was being done.
        action: &'static str,
        /// The acquire timeout.
        waited: Duration,
    },
    /// As many calls as may wait were waiting already, for longer than the acquire timeout.
    #[error(
        "{limit} calls were still waiting after {waited:?} while {action}; make fewer at a time, or let more wait"
    )]
    Overloaded {
        /// What was being done.
        action: &'static str,
        /// How many may wait.
        limit: usize,
        /// The acquire timeout.
        waited: Duration,
    },
    /// The statement was cancelled: it ran into the statement timeout, or an operator cancelled it.
    #[error("the store cancelled {action}; try again, or raise the statement timeout")]
    Cancelled {
        /// What was being done.
        action: &'static str,
        /// What the backend says.
        source: BoxError,
    },
    /// The server gave this transaction up for another one.
    #[error("the store gave up {action} in favour of another transaction; try again")]
    Contended {
        /// What was being done.
        action: &'static str,
        /// What the backend says.
        source: BoxError,
    },
    /// The role of this connection may not do that.
    #[error(
        "the store's role may not do this: {action}; let the owner of the schema grant it, see `grant_to`"
    )]
    Denied {
        /// What was being done.
        action: &'static str,
        /// What the backend says.
        source: BoxError,
    },
    /// What was read is not what this program writes.
    #[error(
        "the store holds something unreadable, found while {action}; the data was changed by another program"
    )]
    Corrupt {
        /// What was being done.
        action: &'static str,
        /// What is wrong.
        source: BoxError,
    },
    /// Anything else the backend says.
    #[error("the store failed while {action}")]
    Backend {
        /// What was being done.
        action: &'static str,
        /// What the backend says.
        source: BoxError,
    },
}

impl AppendError {
    /// Whether the same append, with the same event ids, may succeed later. A conflict must be decided anew
    /// instead, so it is not retryable here.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Invalid(_) | Self::Inline { .. } | Self::Projection { .. } => false,
            Self::OutcomeUnknown { .. } => true,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

impl StoreError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::Exhausted { .. }
            | Self::Overloaded { .. }
            | Self::Cancelled { .. }
            | Self::Contended { .. } => true,
            Self::Denied { .. } | Self::Corrupt { .. } | Self::Backend { .. } => false,
        }
    }
}

fn commits(projections: &[String]) -> String {
    match projections {
        [] => "no projection commits".to_owned(),
        [one] => format!("the projection `{one}` commits"),
        several => format!("the projections `{}` commit", several.join("`, `")),
    }
}
