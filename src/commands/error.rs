//! The errors of executing commands.

use std::error::Error;

use crate::{
    DecodeError, EncodeError, ReadError, StreamId, Version,
    store::{Append, AppendError, BoxError, ExpectedVersion, InvalidAppend, Request, StoreError},
};

/// Why a command was not executed; `E` is the domain's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E: Error + 'static> {
    /// The aggregate rejected the command. This is an answer, not a failure.
    #[error(transparent)]
    Rejected(E),
    /// Every attempt conflicted with another append to the same stream.
    #[error(
        "conflict on {stream} in each of {attempts} attempts: expected {expected}, found version {actual}; try again later"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version that the last attempt expected.
        expected: ExpectedVersion,
        /// The version that the stream had.
        actual: Version,
        /// How often the command was handled.
        attempts: usize,
    },
    /// The aggregate could not be loaded: its id cannot name a stream, an event cannot be decoded, or the store
    /// failed.
    #[error("the aggregate could not be loaded")]
    Load(#[source] ReadError),
    /// An event that the command produced could not be written as JSON, or not in the schema version that this program
    /// writes.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// An event that the command produced does not round-trip through serde, so nothing was appended: its
    /// `Deserialize` does not accept what its `Serialize` writes.
    #[error(
        "an event produced by this command does not round-trip through serde; fix its `Serialize` or its `Deserialize`"
    )]
    Unreadable(#[source] DecodeError),
    /// The append is invalid, and was refused.
    #[error(transparent)]
    Invalid(InvalidAppend),
    /// The idempotency key was used for another request, so the command was not executed.
    #[error(transparent)]
    ReusedKey(#[from] Box<ReusedKey>),
    /// An inline projection could not be updated, so nothing was appended.
    #[error(transparent)]
    Inline(AppendError),
    /// The connection was lost during the commit, and the store could not be reached since then: the events may be
    /// stored or not.
    #[error(
        "the outcome of the append is unknown; repeat the command under the same idempotency key, or pass the \
         field `append` to the store again: it happens at most once"
    )]
    OutcomeUnknown {
        /// The append that may have happened.
        append: Box<Append>,
        /// How the connection was lost.
        source: BoxError,
    },
    /// The store failed; nothing was appended.
    #[error("nothing was appended")]
    Store(#[source] StoreError),
}

/// An idempotency key that was used for another request: another command, or another
/// [content](super::Execute::content). Nothing was executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the idempotency key {key:?} was used on {stream} for {first}, so {given} was not executed; give each request a \
     key of its own{}",
    if_renamed(first, given)
)]
#[non_exhaustive]
pub struct ReusedKey {
    /// The stream that the key was used on.
    pub stream: StreamId,
    /// The key.
    pub key: String,
    /// What it was used for.
    pub first: Request,
    /// What it was given for this time.
    pub given: Request,
}

fn if_renamed(first: &Request, given: &Request) -> &'static str {
    match first.command == given.command {
        true => "",
        false => ", and a renamed command its old name: `#[command(name = \"…\")]`",
    }
}

impl<E: Error + 'static> ExecuteError<E> {
    /// Whether the same command may succeed later without any change. After
    /// [`OutcomeUnknown`](Self::OutcomeUnknown) repeat it only under an idempotency key.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Load(error) => error.is_retryable(),
            Self::Store(error) => error.is_retryable(),
            Self::Rejected(_)
            | Self::Encode(_)
            | Self::Unreadable(_)
            | Self::Invalid(_)
            | Self::ReusedKey(_)
            | Self::Inline(_) => false,
        }
    }

    /// The domain's own error, if the command was rejected.
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
            error => Self::Inline(error),
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
