//! The errors of reading events.

use crate::{DecodeError, InvalidStreamId, store::StoreError};

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

impl ReadError {
    /// Whether the same read may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::InvalidId(_) | Self::Decode(_) => false,
        }
    }
}
