//! Why a message was not received.

use std::error::Error;

use crate::{
    ReadError,
    store::{AppendError, BoxError, Escaped, InvalidAppend, StoreError},
};

/// Why a message was not received. It can be received again after each of these errors: it is executed at most once.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// An aggregate rejected a command, and the inbox does not accept that. Nothing was executed.
    #[error(
        "the command `{command}` was rejected, so nothing was executed; receive the message again when the aggregate \
         accepts it, or accept the rejection in `on_rejected`",
        command = Escaped(command)
    )]
    Rejected {
        /// The name of the command.
        command: String,
        /// The domain's own error; `downcast_ref` returns it.
        #[source]
        rejection: BoxError,
    },
    /// Every attempt conflicted with another append. Nothing was executed.
    #[error("conflict with other appends in each of {attempts} attempts; receive the message again later")]
    Conflict {
        /// How often the commands were decided.
        attempts: usize,
    },
    /// An aggregate could not be loaded: an event cannot be decoded, or the store failed. Nothing was executed.
    #[error("an aggregate could not be loaded; receive the message again once it can")]
    Load(#[source] ReadError),
    /// A command could not be executed: its id cannot name a stream, or an event cannot be written as JSON and read back.
    /// Nothing was executed.
    #[error("the command `{command}` could not be executed; fix it, and receive the message again", command = Escaped(command))]
    Command {
        /// The name of the command.
        command: String,
        /// Why.
        source: BoxError,
    },
    /// The append is invalid, and was refused.
    #[error(transparent)]
    Invalid(InvalidAppend),
    /// An inline projection could not be updated, so nothing was executed.
    #[error(transparent)]
    Inline(AppendError),
    /// What is kept about the message, or about the shard, cannot be read.
    #[error("what the inbox keeps cannot be read; deploy the program that has written it")]
    Outcome(#[source] serde_json::Error),
    /// The store failed. If that was during the commit, the message may have been received.
    #[error("the store failed; receive the message again: it is executed at most once")]
    Store(#[source] StoreError),
}

impl ReceiveError {
    /// Whether the message may be received later without any change of the program or the aggregate.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } => true,
            Self::Load(error) => error.is_retryable(),
            Self::Store(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// The domain's own error, if a command was rejected with one of this type.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Rejected { rejection, .. } => rejection.downcast_ref(),
            _ => None,
        }
    }
}
