//! The errors of a store. A conflict, a refusal, an outage and an unknown outcome mean different things to a caller,
//! so they are different variants.

use std::{error::Error, time::Duration};

use super::{Append, Capability, ExpectedVersion, InvalidAppend, OtherVersion};
use crate::{StreamId, Version, shown::Escaped};

/// The error of a backend, kept as the source.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an append did not happen, or may not have happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another append came first. Nothing was stored. Load the new events and decide again.
    #[error("conflict on {stream}: expected {expected}, found version {actual}; load it and decide again")]
    Conflict {
        /// The stream whose version was not the expected one.
        stream: StreamId,
        /// What was expected.
        expected: ExpectedVersion,
        /// The version it has.
        actual: Version,
    },
    /// The store refuses the append. Nothing was stored, and repeating it will not help.
    #[error("the append was refused")]
    Invalid(#[from] InvalidAppend),
    /// This store has inline projections that the append did not update. Nothing was stored.
    #[error(
        "{} inline, but this append does not update it; register its live version with `inline`, or call `demote` to \
         let it follow the log",
        are(projections)
    )]
    Inline {
        /// The inline projections.
        projections: Vec<String>,
    },
    /// A later version of an inline projection is live than the one that this program has. Nothing was stored.
    #[error("nothing was appended, because the append has to update an inline projection")]
    Superseded(#[source] OtherVersion),
    /// An inline projection failed. Nothing was stored.
    #[error("the inline projection `{projection}` failed; nothing was appended")]
    Projection {
        /// The projection.
        projection: String,
        /// The error of the projection.
        source: BoxError,
    },
    /// The connection was lost during the commit, or the call timed out before the outcome was known: the events may be
    /// stored or not. Repeat the append with the same event ids. If it did happen, it is recognised.
    #[error(
        "the outcome of the append is unknown; repeat it with the same event ids: it happens at most once"
    )]
    OutcomeUnknown {
        /// The append, to be repeated unchanged.
        append: Box<Append>,
        /// How the connection was lost.
        source: BoxError,
    },
    /// The store failed before anything was stored.
    #[error("nothing was appended")]
    Store(#[from] StoreError),
}

/// Why a call to the store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The server cannot be reached, closed the connection, is starting, or is no longer the primary.
    #[error("the store is unavailable while {action}; try again once it is back")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// The error of the backend.
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
    /// The maximum number of calls was already waiting, for longer than the acquire timeout.
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
    /// The call took longer than the store's call timeout. A connection on which it waited for an answer was closed, as
    /// if it had been lost; a statement that was sent may still be executed.
    #[error(
        "no end of {action} within the call timeout of {limit:?}, while waiting for {waiting_for}; try again, or raise \
         the call timeout"
    )]
    TimedOut {
        /// What was being done.
        action: &'static str,
        /// The call timeout.
        limit: Duration,
        /// What the call waited for.
        waiting_for: &'static str,
    },
    /// The statement was cancelled: it ran into the statement timeout, or an operator cancelled it.
    #[error("the store cancelled {action}; try again, or raise the statement timeout")]
    Cancelled {
        /// What was being done.
        action: &'static str,
        /// The error of the backend.
        source: BoxError,
    },
    /// The server aborted this transaction in favour of another one.
    #[error("the store gave up {action} in favour of another transaction; try again")]
    Contended {
        /// What was being done.
        action: &'static str,
        /// The error of the backend.
        source: BoxError,
    },
    /// The role of this connection lacks a permission.
    #[error(
        "the store's role may not do this: {action}; let the owner of the schema grant it, see `grant_to`, and \
         `grant_import_to` for an import"
    )]
    Denied {
        /// What was being done.
        action: &'static str,
        /// The error of the backend.
        source: BoxError,
    },
    /// The store contains data that this program cannot have written.
    #[error("the store contains unreadable data, found while {action}; another program has changed the data")]
    Corrupt {
        /// What was being done.
        action: &'static str,
        /// What is wrong.
        source: BoxError,
    },
    /// The store does not have the [capability](super::EventStore::capabilities) that the call needs.
    #[error("this store does not support {capability}, so there is no {action}; use a store that does")]
    Unsupported {
        /// What was requested.
        action: &'static str,
        /// What it needs.
        capability: Capability,
    },
    /// An index that the call needs was dropped, or is being created. Without it the whole log would be read.
    #[error("{action} needs an index that the store does not have, or not yet: {create}")]
    MissingIndex {
        /// What was being done.
        action: &'static str,
        /// The statement that creates it while the store is in use.
        create: &'static str,
    },
    /// Any other error of the backend.
    #[error("the store failed while {action}")]
    Backend {
        /// What was being done.
        action: &'static str,
        /// The error of the backend.
        source: BoxError,
    },
}

impl AppendError {
    /// Whether the same append, with the same event ids, may succeed later. After a conflict the command must be
    /// decided again, so a conflict is not retryable here.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. }
            | Self::Invalid(_)
            | Self::Inline { .. }
            | Self::Superseded(_)
            | Self::Projection { .. } => false,
            Self::OutcomeUnknown { .. } => true,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

impl StoreError {
    /// Whether the same call may succeed later without any intervention.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::Exhausted { .. }
            | Self::Overloaded { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled { .. }
            | Self::Contended { .. } => true,
            Self::Denied { .. }
            | Self::Corrupt { .. }
            | Self::Unsupported { .. }
            | Self::MissingIndex { .. }
            | Self::Backend { .. } => false,
        }
    }
}

fn are(projections: &[String]) -> String {
    match projections {
        [] => "no projection is".to_owned(),
        [one] => format!("the projection `{}` is", Escaped(one)),
        several => format!("the projections `{}` are", Escaped(several.join("`, `"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: &str = "appending";

    #[test]
    fn a_call_is_repeated_only_if_it_may_succeed_without_any_intervention() {
        let source = || BoxError::from("why");
        let waited = Duration::from_secs(1);
        let passing = [
            StoreError::Unavailable { action: ACTION, source: source() },
            StoreError::Exhausted { action: ACTION, waited },
            StoreError::Overloaded { action: ACTION, limit: 9, waited },
            StoreError::TimedOut { action: ACTION, limit: waited, waiting_for: "a lock" },
            StoreError::Cancelled { action: ACTION, source: source() },
            StoreError::Contended { action: ACTION, source: source() },
        ];
        let lasting = [
            StoreError::Denied { action: ACTION, source: source() },
            StoreError::Corrupt { action: ACTION, source: source() },
            StoreError::Unsupported { action: ACTION, capability: Capability::Import },
            StoreError::MissingIndex { action: ACTION, create: "create index" },
            StoreError::Backend { action: ACTION, source: source() },
        ];
        for (errors, is_passing) in [(Vec::from(passing), true), (Vec::from(lasting), false)] {
            for error in errors {
                assert_eq!(error.is_retryable(), is_passing, "{error}");
                assert_eq!(AppendError::from(error).is_retryable(), is_passing, "as that of the store");
            }
        }
    }

    #[test]
    fn an_append_that_has_to_be_decided_again_is_not_repeated() {
        let stream = StreamId::new("account", "a").expect("a valid id");
        let append = Append::to(stream.clone(), ExpectedVersion::Any, Vec::new());
        let source = || BoxError::from("why");
        let other = OtherVersion { name: "balances".to_owned(), version: 1, live: 2, is_kept: false };
        let unknown = AppendError::OutcomeUnknown { append: Box::new(append), source: source() };
        assert!(unknown.is_retryable(), "with the same event ids it happens at most once");
        for error in [
            AppendError::Conflict { stream, expected: ExpectedVersion::NoStream, actual: Version::new(1) },
            AppendError::Inline { projections: vec!["balances".to_owned()] },
            AppendError::Superseded(other),
            AppendError::Projection { projection: "balances".to_owned(), source: source() },
        ] {
            assert!(!error.is_retryable(), "{error}");
        }
    }
}
