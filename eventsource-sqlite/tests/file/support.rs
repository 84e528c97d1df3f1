//! Helpers of the tests: files, events, seeded random numbers.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use eventsource::{
    EventId, Metadata, Position, RecordedEvent, StreamId,
    store::{Append, EventStore, ExpectedVersion, LogFilter, NewEvent},
};
use eventsource_sqlite::{
    SqliteStore,
    sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions},
};
use serde_json::value::RawValue;
use tempfile::TempDir;

/// A directory of the test's own, removed with it.
pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory for temporary files")
}

pub(crate) async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).await.expect("the file can be opened")
}

/// A connection that does not belong to a store; it creates the file if it does not exist.
pub(crate) async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.connect().await.expect("the file can be opened")
}

/// Runs statements on such a connection, and closes it.
pub(crate) async fn run(path: &Path, sql: impl Into<String>) {
    let sql = sql.into();
    let mut connection = connect(path).await;
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await;
    outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}

pub(crate) fn stream(id: impl Display) -> StreamId {
    StreamId::new("account", id.to_string()).expect("a valid id")
}

pub(crate) fn event() -> NewEvent {
    event_of("{}")
}

pub(crate) fn event_of(payload: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "account.noted".into(),
        schema_version: 1,
        payload: RawValue::from_string(payload.to_owned()).expect("the payload is JSON"),
        metadata: Metadata::new(),
    }
}

/// One event, with any expected version.
pub(crate) fn append_to(id: impl Display) -> Append {
    Append::to(stream(id), ExpectedVersion::Any, vec![event()])
}

/// The log above a position.
pub(crate) async fn log_after(store: &SqliteStore, mut after: Position) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    loop {
        let page = store.read_log(after, &LogFilter::all(), 1_000).await.expect("the log can be read");
        events.extend(page.events);
        after = page.horizon;
        if page.at_head {
            return events;
        }
    }
}

/// The files in a directory, by name, with their contents.
pub(crate) fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).expect("the directory exists");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

/// Pseudo-random numbers, the same for the same seed: <https://en.wikipedia.org/wiki/Xorshift#xorshift*>.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}
