//! Why a command was not executed, and why events could not be read.

use std::error::Error;

use crate::{
    DecodeError, EncodeError, FoldError, InvalidStreamId, RowKeyError, StreamId, Version,
    store::{Append, AppendError, BoxError, ExpectedVersion, InvalidAppend, StoreError},
};

/// Why a command recorded nothing; `E` is the domain's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E: Error + 'static> {
    /// The aggregate rejected the command: an answer, not a failure.
    #[error(transparent)]
    Rejected(E),
    /// Other commands on the same aggregate were faster, each time.
    #[error(
        "conflict on {stream} in each of {attempts} attempts: expected {expected}, found version {actual}; try again later"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What was expected the last time.
        expected: ExpectedVersion,
        /// The version it had.
        actual: Version,
        /// How often the command was decided.
        attempts: usize,
    },
    /// The aggregate could not be loaded: the id is no stream's, an event cannot be decoded, the store fails.
    #[error("the aggregate could not be loaded")]
    Load(#[source] ReadError),
    /// A decided event could not be written as JSON.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A decided event could not be read back as it would have been stored, so nothing was appended: its `Deserialize`
    /// does not accept what its `Serialize` writes.
    #[error("a decided event could not be read back; fix its `Serialize` or its `Deserialize`")]
    Unreadable(#[source] DecodeError),
    /// The append was refused: it cannot be kept as it is.
    #[error(transparent)]
    Invalid(InvalidAppend),
    /// A read model that commits with the events could not be kept, so nothing was appended.
    #[error(transparent)]
    Inline(AppendError),
    /// The connection was lost while committing, and the store could not be asked since: the events are
    /// stored, or they are not.
    #[error(
        "the outcome of the append is unknown; repeat the command under the same idempotency key, or give \
         `append` to the store again: it happens once at most"
    )]
    OutcomeUnknown {
        /// What may have been appended.
        append: Box<Append>,
        /// How the connection was lost.
        source: BoxError,
    },
    /// The store failed; nothing was appended.
    #[error("nothing was appended")]
    Store(#[source] StoreError),
}

/// Why recorded events could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The id cannot name a stream.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamId),
    /// A stored event cannot be decoded by this program.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the rows of a read model could not be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The key cannot be one.
    #[error(transparent)]
    Key(#[from] RowKeyError),
    /// A row in the store is not what this program reads.
    #[error("a row of `{table}` is not what this program reads; rebuild it, or raise its version")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The events could not be read or decoded.
    #[error("the events of the read model could not be read")]
    Events(#[from] ReadError),
    /// An event could not be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The store could not be read.
    #[error("the rows could not be read")]
    Store(#[from] StoreError),
}

impl<E: Error + 'static> ExecuteError<E> {
    /// Whether the same command may succeed later without anyone changing anything. After
    /// [`OutcomeUnknown`](Self::OutcomeUnknown) it may be repeated only under an idempotency key.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Load(error) => error.is_retryable(),
            Self::Store(error) => error.is_retryable(),
            Self::Rejected(_)
            | Self::Encode(_)
            | Self::Unreadable(_)
            | Self::Invalid(_)
            | Self::Inline(_) => false,
        }
    }

    /// The domain's own error, if that is what it was.
    pub fn rejection(self) -> Option<E> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }

    pub(super) fn from_append(error: AppendError, attempts: usize) -> Self {
        match error {
            AppendError::Conflict { stream, expected, actual } => {
                Self::Conflict { stream, expected, actual, attempts }
            }
            AppendError::Invalid(error) => Self::Invalid(error),
            AppendError::OutcomeUnknown { append, source } => Self::OutcomeUnknown { append, source },
            AppendError::Store(error) => Self::Store(error),
            error @ (AppendError::Inline { .. } | AppendError::Projection { .. }) => Self::Inline(error),
        }
    }
}

impl<E: Error + 'static> From<ReadError> for ExecuteError<E> {
    fn from(error: ReadError) -> Self {
        Self::Load(error)
    }
}

impl<E: Error + 'static> From<StoreError> for ExecuteError<E> {
    fn from(error: StoreError) -> Self {
        Self::Load(ReadError::Store(error))
    }
}

impl ReadError {
    /// Whether the same read may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::InvalidId(_) | Self::Decode(_) => false,
        }
    }
}
