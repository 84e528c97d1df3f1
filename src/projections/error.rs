//! The errors of reading rows.

use crate::{
    FoldError, ReadError, RowKeyError,
    store::{OtherVersion, StoreError},
};

/// Why the rows of a read model could not be returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The key is not a valid row key.
    #[error(transparent)]
    Key(#[from] RowKeyError),
    /// Another version of the read model is live than the one that this program has.
    #[error(transparent)]
    OtherVersion(#[from] OtherVersion),
    /// A row in the store cannot be deserialized by this program, although its version of the read model is live.
    #[error(
        "could not deserialize a row of `{table}`; if its fields or its fold were changed, raise the version of the read \
         model"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// The error of deserializing the row.
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
