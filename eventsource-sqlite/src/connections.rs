//! Who reads and who writes: any number of readers, each with what was committed when it began, and one writer.
//!
//! The one connection that writes is handed out in the order in which it is asked for, with a transaction open on it,
//! so that no `SQLITE_BUSY` comes of this process: `writing.rs`. Those that read are in `reading.rs`, and what is
//! written ahead is kept short in `checkpoint.rs`.

mod checkpoint;
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

use self::{
    reading::Readers,
    writing::{LoanState, Slot},
};
pub(crate) use writing::{Flush, Loan, Writing};

use crate::options::{SqliteOptions, Synchronous};

/// How many statements a connection keeps prepared. There are fewer in this crate, of which the one that stores events
/// counts for each number of them; read models have some each.
const STATEMENTS: usize = 300;

/// How long SQLite itself waits for another process that writes. It looks ever less often; so it waits for a short
/// time only, and is asked again.
const GLANCE: Duration = Duration::from_millis(10);

/// The connections to one file. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    shared: Arc<ConnectionsState>,
}

#[derive(Debug)]
struct ConnectionsState {
    // In the order of dropping: connections before the directory of a store that goes with the process.
    writer: Arc<tokio::sync::Mutex<Slot>>,
    readers: Readers,
    file: DatabaseFile,
    options: SqliteOptions,
    closed: AtomicBool,
    /// Whether code of the application has the connection that writes in hand.
    lent: Mutex<LoanState>,
}

/// Where the file is.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    pub(crate) path: PathBuf,
    /// Removed with the last connection.
    pub(crate) _directory: Option<TempDir>,
}

impl Connections {
    pub(crate) fn new(file: DatabaseFile, options: SqliteOptions) -> Self {
        let readers = Readers::new(options.max_readers);
        let writer = Arc::new(tokio::sync::Mutex::new(Slot::new(&file.path)));
        Self {
            shared: Arc::new(ConnectionsState {
                writer,
                readers,
                file,
                options,
                closed: AtomicBool::new(false),
                lent: Mutex::default(),
            }),
        }
    }

    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.shared.options
    }

    /// How long a call waits for its turn.
    pub(crate) fn patience(&self) -> Duration {
        self.shared.options.acquire_timeout
    }

    /// Closes the file, when those who wait for a connection have had it. Nobody waits for one from now on.
    pub(crate) async fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.writer.lock().await.close_for_good().await;
        self.shared.readers.close().await;
    }

    async fn connect(&self, role: Role) -> Result<SqliteConnection, sqlx::Error> {
        let ConnectionsState { file, options, .. } = &*self.shared;
        connect_options(file, options, role).connect().await
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

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

/// The path is absolute, or SQLite could take it for a URI or a name with a meaning.
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
        // A table that is renamed would take along what refers to it, and one that is dropped would be searched first.
        .foreign_keys(false)
        .statement_cache_capacity(STATEMENTS);
    connect = match role {
        Role::Reader => connect
            .row_buffer_size(AHEAD)
            .busy_timeout(options.busy_timeout.min(LONGEST))
            .pragma("query_only", "on"),
        // What a statement may have to undo is kept in memory, or each one would begin with a file.
        Role::Writer => connect.busy_timeout(GLANCE.min(options.busy_timeout)).pragma("temp_store", "memory"),
    };
    if let Some(bytes) = options.max_file_bytes {
        connect = connect.pragma("max_page_count", (bytes / PAGE_BYTES).clamp(1, MAX_PAGES).to_string());
    }
    connect
}

/// SQLite counts the milliseconds for which it waits in 32 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
/// How many rows are read ahead of who takes them: rows may be large, and a page of the log has a bound in memory.
const AHEAD: usize = 16;
/// The size of a page, which a new file gets by default.
const PAGE_BYTES: u64 = 4096;
/// The most pages there can be: <https://www.sqlite.org/limits.html>.
const MAX_PAGES: u64 = 4_294_967_294;

/// Ends the worker of a connection. What it says no longer matters.
async fn shut(connection: SqliteConnection) {
    let _ = connection.close().await;
}
