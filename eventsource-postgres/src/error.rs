//! Maps errors by SQLSTATE and constraint, never by text.
//!
//! The codes are those of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use std::error::Error;

use eventsource_core::store::StoreError;
use sqlx::postgres::PgDatabaseError;

use crate::{SchemaError, connections::TimedOut, tls::UnverifiedServer};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is not that of a Postgres server.
    #[error("the URL of the store is not of the form postgres://user:password@host:port/database")]
    Url(#[source] sqlx::Error),
    /// The connection would not verify the server, and the options require it.
    #[error(transparent)]
    Unverified(#[from] UnverifiedServer),
    /// The version or the encoding of the server is not supported.
    #[error("the server cannot store events: {0}")]
    Server(String),
    /// The schema in the database is not that of this version.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The server could not be queried.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the migrations failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The URL is not that of a Postgres server.
    #[error("the URL of the store is not of the form postgres://user:password@host:port/database")]
    Url(#[source] sqlx::Error),
    /// The connection would not verify the server, and the options require it.
    #[error(transparent)]
    Unverified(#[from] UnverifiedServer),
    /// The version or the encoding of the server is not supported.
    #[error("the server cannot store events: {0}")]
    Server(String),
    /// The existing schema cannot be migrated by this version.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A migration failed. It was rolled back; the migrations before it were not.
    #[error("migration {version} failed")]
    Migration {
        /// The number of the migration.
        version: i64,
        /// The error of the server.
        source: sqlx::Error,
    },
    /// The server could not be queried.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

/// Converts an error of sqlx.
pub(crate) fn store_error(action: &'static str, error: sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    if let Some(timed_out) = TimedOut::found_in(&error) {
        return timed_out.of(action);
    }
    if is_connection_lost(&error) {
        return StoreError::Unavailable { action, source: Box::new(error) };
    }
    let source = Box::new(error);
    let code = match &*source {
        E::Database(error) => error.code().unwrap_or_default().into_owned(),
        E::PoolClosed => return StoreError::Unavailable { action, source },
        E::ColumnDecode { .. } | E::Decode(_) => return StoreError::Corrupt { action, source },
        _ => return StoreError::Backend { action, source },
    };
    match code.as_str() {
        READ_ONLY => StoreError::Unavailable { action, source },
        // too_many_connections, and other insufficient resources.
        code if code.starts_with("53") => StoreError::Unavailable { action, source },
        // query_canceled (also by statement_timeout), lock_not_available, transaction timeouts.
        "57014" | "55P03" | "25P03" | "25P04" => StoreError::Cancelled { action, source },
        // serialization_failure, deadlock_detected.
        "40001" | "40P01" => StoreError::Contended { action, source },
        // insufficient_privilege.
        "42501" => StoreError::Denied { action, source },
        // invalid_schema_name, undefined_table, undefined_function.
        "3F000" | "42P01" | "42883" => StoreError::Backend { action, source: Box::new(SchemaError::Absent) },
        _ => StoreError::Backend { action, source },
    }
}

/// Whether the connection is lost. A statement that was sent on it may or may not have been executed.
pub(crate) fn is_connection_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // Connection exceptions; admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped,
            // idle_session_timeout.
            code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03" | "57P04" | "57P05")
        }
        _ => false,
    }
}

/// Whether the connection belongs to a Tokio runtime that has ended. Tokio reports this as an error of the kind `Other`,
/// which no operating system reports for a socket.
pub(crate) fn is_runtime_ended(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::Other)
}

/// Whether the server or the session is read-only. After a failover the connection may lead to the former primary: the
/// pool must not keep such a connection, or it would never connect to the new primary.
pub(crate) fn is_read_only(error: &sqlx::Error) -> bool {
    is_code(error, READ_ONLY)
}

/// Whether an error, or one of its sources, is that the server is unavailable or that no connection is free.
pub(crate) fn is_outage(error: &(dyn Error + 'static)) -> bool {
    eventsource_sql::is_caused_by_outage(error, |error| {
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
        let no_connection = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed);
        no_connection
            || is_connection_lost(error)
            || is_lock_timeout(error)
            || code == READ_ONLY
            || code.starts_with("53")
    })
}

/// Whether an error, or one of its sources, is a serialization failure or a deadlock.
pub(crate) fn is_caused_by_contention(error: &(dyn Error + 'static)) -> bool {
    eventsource_sql::is_caused_by_contention(error, is_contended)
}

/// Whether a table may have been dropped between the lookup of its name and its use. The server locks the tables that a
/// statement reads, but not their row types (`null::"table"`), so a read can fail in this way while a swap drops the old
/// table. It is an internal error with one of several texts, such as "could not open relation with OID 16385".
pub(crate) fn is_relation_dropped(error: &sqlx::Error) -> bool {
    is_code(error, "XX000")
}

/// Whether a lock was not acquired within the lock timeout.
pub(crate) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    is_code(error, "55P03")
}

/// Whether the server returned this SQLSTATE.
pub(crate) fn is_code(error: &sqlx::Error, wanted: &str) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == wanted)
}

/// The detail of an error that one of this crate's functions raises.
pub(crate) fn detail_of(error: &sqlx::Error, wanted: &str) -> Option<String> {
    let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    (error.code() == wanted).then(|| error.detail().unwrap_or_default().to_owned())
}

/// Like [`store_error`], for a statement on tables of the application: if such a table is missing, the schema of this
/// crate is not the cause.
pub(crate) fn table_error(action: &'static str, error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    if code.is_some_and(|code| matches!(&*code, "3F000" | "42P01" | "42883")) {
        return StoreError::Backend { action, source: Box::new(error) };
    }
    store_error(action, error)
}

/// The constraint that a unique violation names.
pub(crate) fn violated_unique(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    error.is_unique_violation().then(|| error.constraint()).flatten()
}

/// Whether the server rolled the transaction back because of a concurrent one.
pub(crate) fn is_contended(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(&*code, "40001" | "40P01"))
}

#[cfg(test)]
mod tests;
