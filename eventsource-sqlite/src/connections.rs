//! The connections to a file: one that writes, and several that read. Each reader sees what was committed when it began.
//!
//! The connection that writes is handed out in the order of the requests, with a transaction open on it, so that this
//! process never causes an `SQLITE_BUSY` in itself: `writing.rs`. The connections that read are in `reading.rs`, and
//! `checkpoint.rs` keeps the write-ahead log short.

mod checkpoint;
mod identity;
mod reading;
mod writing;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventsource_core::store::StoreError;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use tempfile::TempDir;

pub(crate) use self::identity::{FileFault, OpenFile, beside, target_of};
use self::{
    reading::Readers,
    writing::{LoanState, Slot},
};
pub(crate) use writing::{Flush, Loan, Writing};

use crate::options::{SqliteOptions, Synchronous};

/// How many statements a connection keeps prepared. This crate has fewer; the statement that stores events counts once
/// per number of events, and each read model adds some.
const STATEMENTS: usize = 300;

/// How long SQLite itself waits for another process that writes. Its waits between two attempts become longer and
/// longer, so the timeout is short and the statement is repeated.
const WRITER_BUSY_TIMEOUT: Duration = Duration::from_millis(10);

/// The connections to one file. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    shared: Arc<ConnectionsState>,
}

#[derive(Debug)]
struct ConnectionsState {
    // In drop order: the connections before the directory of an in-memory store.
    writer: Arc<tokio::sync::Mutex<Slot>>,
    readers: Readers,
    file: DatabaseFile,
    open_file: Arc<OpenFile>,
    options: SqliteOptions,
    closed: AtomicBool,
    /// Whether application code holds the connection that writes.
    loan: Mutex<LoanState>,
}

/// The location of the file.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    pub(crate) path: PathBuf,
    /// Removed with the last connection.
    pub(crate) directory: Option<TempDir>,
}

impl Connections {
    /// Whether the file is removed with the last connection.
    pub(crate) fn is_temporary(&self) -> bool {
        self.shared.file.directory.is_some()
    }

    pub(crate) fn new(file: DatabaseFile, open_file: OpenFile, options: SqliteOptions) -> Self {
        let readers = Readers::new(options.max_readers);
        let open_file = Arc::new(open_file);
        let writer = Arc::new(tokio::sync::Mutex::new(Slot::new(&open_file)));
        Self {
            shared: Arc::new(ConnectionsState {
                writer,
                readers,
                file,
                open_file,
                options,
                closed: AtomicBool::new(false),
                loan: Mutex::default(),
            }),
        }
    }

    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.shared.options
    }

    /// How long a call may take.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.shared.options.call_timeout
    }

    /// How long a call waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.shared.options.acquire_timeout
    }

    /// Closes the file, after the callers that wait for a connection have finished. Later callers are refused.
    pub(crate) async fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.writer.lock().await.close_permanently().await;
        self.shared.readers.close().await;
    }

    async fn connect(&self, role: Role) -> Result<SqliteConnection, sqlx::Error> {
        let ConnectionsState { file, open_file, options, .. } = &*self.shared;
        // Before: SQLite would delete the write-ahead log next to an empty file. Afterwards: it could otherwise open a file
        // that was put there meanwhile.
        open_file.check()?;
        let connection = connect_options(file, options, role).connect().await?;
        open_file.check()?;
        Ok(connection)
    }

    /// Refuses a call on a file that is no longer the one that was opened.
    fn check_file(&self, action: &'static str) -> Result<(), StoreError> {
        let checked = self.shared.open_file.check();
        checked.map_err(|fault| StoreError::Unavailable { action, source: Box::new(fault) })
    }

    fn check_open(&self, action: &'static str) -> Result<(), StoreError> {
        match self.shared.closed.load(Ordering::Acquire) {
            true => Err(closed(action)),
            false => Ok(()),
        }
    }
}

fn closed(action: &'static str) -> StoreError {
    StoreError::Unavailable { action, source: "the store was closed".into() }
}

/// The purpose of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

/// The path has to be absolute: SQLite could read a relative one as a URI or a special name.
pub(crate) fn connect_options(
    file: &DatabaseFile,
    options: &SqliteOptions,
    role: Role,
) -> SqliteConnectOptions {
    let synchronous = match options.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
        Synchronous::Off => SqliteSynchronous::Off,
    };
    let mut connect = SqliteConnectOptions::new()
        .filename(&file.path)
        .synchronous(synchronous)
        // Otherwise renaming a table would rewrite references to it, and dropping one would search it first.
        .foreign_keys(false)
        // What somebody has planted in the file calls no function with effects, and a damaged page is noticed early.
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on")
        .statement_cache_capacity(STATEMENTS);
    connect = match role {
        Role::Reader => connect
            .row_buffer_size(ROW_BUFFER)
            .busy_timeout(options.busy_timeout.min(MAX_BUSY_TIMEOUT))
            .pragma("query_only", "on"),
        // The statement journal is kept in memory; otherwise each statement would begin with creating a file.
        Role::Writer => {
            connect.busy_timeout(WRITER_BUSY_TIMEOUT.min(options.busy_timeout)).pragma("temp_store", "memory")
        }
    };
    if let Some(bytes) = options.max_file_bytes {
        connect = connect.pragma("max_page_count", (bytes / PAGE_BYTES).clamp(1, MAX_PAGES).to_string());
    }
    connect
}

/// SQLite counts the milliseconds of a busy timeout in 32 bits.
const MAX_BUSY_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);
/// How many rows are read ahead of the consumer: rows may be large, and the memory of a log page is bounded.
const ROW_BUFFER: usize = 16;
/// The default page size of a new file.
const PAGE_BYTES: u64 = 4096;
/// The maximum number of pages: <https://www.sqlite.org/limits.html>.
const MAX_PAGES: u64 = 4_294_967_294;

/// Ends the worker thread of a connection, and ignores its errors.
async fn shut(connection: SqliteConnection) {
    let _ = connection.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_connection_trusts_the_schema_of_its_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = DatabaseFile { path: directory.path().join("store.db"), directory: Some(directory) };
        for role in [Role::Writer, Role::Reader] {
            let options = connect_options(&file, &SqliteOptions::default(), role).create_if_missing(true);
            let mut connection = options.connect().await.expect("opened");
            for (pragma, due) in [("pragma trusted_schema", 0), ("pragma cell_size_check", 1)] {
                let set: i64 = sqlx::query_scalar(pragma).fetch_one(&mut connection).await.expect("a value");
                assert_eq!(set, due, "{pragma}");
            }
        }
    }
}
