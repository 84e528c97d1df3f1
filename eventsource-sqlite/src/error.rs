//! Errors by result code, never by text.
//!
//! The codes are those of <https://www.sqlite.org/rescode.html>.

use std::{error::Error, path::PathBuf};

use eventsource_core::store::{BoxError, StoreError};

use crate::SchemaError;

/// Why a store could not be opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such directory, it may not be read, or what the path names is no file.
    #[error("{} cannot be opened; name a file in a directory that exists and may be written", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: BoxError,
    },
    /// The file, or its directory, may not be written.
    #[error("{} is read-only; a store writes to its file and to two more beside it", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        source: BoxError,
    },
    /// The file holds something else.
    #[error("{} is not an SQLite database; name another file", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is the database of another program.
    #[error(
        "{} is a database of another program (application id {application_id:#010x}); name another file",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says it is; 0 if it does not say.
        application_id: u32,
    },
    /// The schema in the file is not one of this version, or of an earlier one.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an error of sqlx means to a caller.
pub(crate) fn store_error(action: &'static str, error: sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    let code = primary_code(&error);
    let decoded = matches!(&error, E::ColumnDecode { .. } | E::Decode(_));
    let gone = matches!(&error, E::WorkerCrashed | E::Io(_) | E::PoolClosed);
    let source = Box::new(error);
    match code {
        _ if decoded => StoreError::Corrupt { action, source },
        _ if gone => StoreError::Unavailable { action, source },
        Some(BUSY | LOCKED) => StoreError::Contended { action, source },
        Some(FULL | IO | CANNOT_OPEN | READ_ONLY | NO_MEMORY) => StoreError::Unavailable { action, source },
        Some(CORRUPT | NOT_A_DATABASE) => StoreError::Corrupt { action, source },
        Some(INTERRUPTED) => StoreError::Cancelled { action, source },
        Some(NO_PERMISSION) => StoreError::Denied { action, source },
        _ => StoreError::Backend { action, source },
    }
}

pub(crate) const NO_PERMISSION: i32 = 3;
pub(crate) const BUSY: i32 = 5;
pub(crate) const LOCKED: i32 = 6;
pub(crate) const NO_MEMORY: i32 = 7;
pub(crate) const READ_ONLY: i32 = 8;
pub(crate) const INTERRUPTED: i32 = 9;
pub(crate) const IO: i32 = 10;
pub(crate) const CORRUPT: i32 = 11;
pub(crate) const FULL: i32 = 13;
pub(crate) const CANNOT_OPEN: i32 = 14;
pub(crate) const CONSTRAINT: i32 = 19;
pub(crate) const NOT_A_DATABASE: i32 = 26;

/// The extended result code.
pub(crate) fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The result code without what extends it.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    code(error).map(|code| code & 0xff)
}

/// Whether another process was in the way.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED))
}

/// Whether the statement would break a constraint. Of those of the log, only unique ones can be broken.
pub(crate) fn is_constraint(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(CONSTRAINT)
}

/// Whether an error, or what it came of, is that the file cannot be written for now.
pub(crate) fn is_outage(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<sqlx::Error>() {
        let gone = matches!(error, sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) | sqlx::Error::PoolClosed);
        return gone || matches!(primary_code(error), Some(FULL | IO | CANNOT_OPEN | READ_ONLY | NO_MEMORY));
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return matches!(
            error,
            StoreError::Unavailable { .. } | StoreError::Exhausted { .. } | StoreError::Overloaded { .. }
        );
    }
    error.source().is_some_and(is_outage)
}

/// Whether an error, or what it came of, is that another process was in the way.
pub(crate) fn comes_of_contention(error: &(dyn Error + 'static)) -> bool {
    let here = error.downcast_ref::<sqlx::Error>().is_some_and(is_busy)
        || matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Contended { .. }));
    here || error.source().is_some_and(comes_of_contention)
}
