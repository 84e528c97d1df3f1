//! Errors are classified by result code, never by text.
//!
//! The codes are those of <https://www.sqlite.org/rescode.html>.

use std::{error::Error, path::PathBuf};

use eventsource_core::store::{BoxError, StoreError};

use crate::{SchemaError, connections::FileFault};

/// Why a store could not be opened. The file is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such directory, it may not be read, or the path does not name a file.
    #[error("{} cannot be opened; name a file in a directory that exists and may be written", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: BoxError,
    },
    /// The file, or its directory, may not be written.
    #[error("{} is read-only; a store writes to its file and to two more files next to it", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The error of SQLite or of the operating system.
        source: BoxError,
    },
    /// The write-ahead log is there, and the file that it belongs to is absent or empty.
    #[error(
        "{} is absent or empty, and {} has the last events of the file that it belongs to; put that file back beside it; \
         only if the file is lost permanently, move the log away",
        path.display(),
        log.display()
    )]
    OnlyLog {
        /// The file.
        path: PathBuf,
        /// The write-ahead log.
        log: PathBuf,
    },
    /// The file is not a database.
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
        /// Its application id; 0 if it has none.
        application_id: u32,
    },
    /// The schema in the file is not the one of this version or of an earlier version.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Converts an error of sqlx to the error of the store contract.
pub(crate) fn store_error(action: &'static str, error: sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    if FileFault::found_in(&error).is_some()
        && let E::Io(error) = error
    {
        return StoreError::Unavailable {
            action,
            source: error.into_inner().unwrap_or("the file is gone".into()),
        };
    }
    let code = primary_code(&error);
    let decoded = matches!(&error, E::ColumnDecode { .. } | E::Decode(_));
    let lost = matches!(&error, E::WorkerCrashed | E::Io(_) | E::PoolClosed);
    let source = Box::new(error);
    match code {
        _ if decoded => StoreError::Corrupt { action, source },
        _ if lost => StoreError::Unavailable { action, source },
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

/// The primary result code, without its extension.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    code(error).map(|code| code & 0xff)
}

/// Whether another process held a lock.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED))
}

/// Whether the statement violates a constraint. On the tables of the log, only a unique constraint can be violated.
pub(crate) fn is_constraint(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(CONSTRAINT)
}

/// Whether an error, or one of its sources, says that the file temporarily cannot be written.
pub(crate) fn is_outage(error: &(dyn Error + 'static)) -> bool {
    eventsource_sql::is_caused_by_outage(error, |error| {
        let lost = matches!(error, sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) | sqlx::Error::PoolClosed);
        lost || matches!(primary_code(error), Some(FULL | IO | CANNOT_OPEN | READ_ONLY | NO_MEMORY))
    })
}

/// Whether an error, or one of its sources, says that another process held a lock.
pub(crate) fn is_caused_by_contention(error: &(dyn Error + 'static)) -> bool {
    eventsource_sql::is_caused_by_contention(error, is_busy)
}

#[cfg(test)]
mod tests;
