//! Why a watch ended.

use std::sync::Arc;

use crate::projections::RowsError;

/// Why a watch ended. After an outage of the store a watch does not end: it continues once the store is back.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The rows that an event changes are known only to a program that registers the read model.
    #[error(
        "this program does not know which rows of `{table}` an event changes: register the read model with `projection` \
         or `inline`"
    )]
    NotRegistered {
        /// The table.
        table: &'static str,
    },
    /// The rows cannot be read; for instance, another version of the read model is live than the one that this program
    /// has.
    #[error(transparent)]
    Rows(Arc<RowsError>),
    /// The task that follows the log for the watches has ended: it panicked, or the runtime is shutting down. Watch again.
    #[error("the task that follows the log has ended; watch the read model again")]
    Ended,
}

impl<E: Into<RowsError>> From<E> for WatchError {
    fn from(error: E) -> Self {
        Self::Rows(Arc::new(error.into()))
    }
}
