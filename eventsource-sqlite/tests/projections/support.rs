//! Helpers of the tests.

use std::{error::Error, path::Path, time::Duration};

use eventsource::{
    EventId, Metadata, Position, StreamId,
    store::{
        Append, Claim, Definition, EventTypes, ExpectedVersion, GenerationId, GenerationRequest, Lease,
        NewEvent, ProjectionKind, ProjectionStore, StartAt, StoreTransaction, SwapAttempt, Worker, WorkerId,
    },
};
use eventsource_sqlite::{
    SqliteStore, SqliteTransaction,
    sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions},
};
use serde_json::value::RawValue;
use tempfile::TempDir;

/// Longer than any test.
pub(crate) const LEASE: Duration = Duration::from_secs(600);

pub(crate) async fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let store = SqliteStore::open(directory.path().join("store.db")).await.expect("a new file can be made");
    (store, directory)
}

/// A connection that does not belong to a store.
pub(crate) async fn connect(directory: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(directory.join("store.db"));
    options.connect().await.expect("the file can be opened")
}

/// Runs statements on such a connection, and closes it.
pub(crate) async fn run(directory: &Path, sql: &str) {
    let mut connection = connect(directory).await;
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}

/// Reads rows on such a connection, as text.
pub(crate) async fn read(directory: &Path, sql: &str) -> Vec<String> {
    let mut connection = connect(directory).await;
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

pub(crate) fn definition(name: &str) -> Definition {
    Definition {
        name: name.to_owned(),
        version: 1,
        partitions: 1,
        kind: ProjectionKind::Following,
        start: StartAt::Beginning,
        event_types: EventTypes::default(),
    }
}

pub(crate) fn rebuild(keep_old: bool) -> GenerationRequest {
    GenerationRequest::Rebuild { swap_when_ready: false, keep_old }
}

/// Creates a generation with these tables.
pub(crate) async fn create_generation(
    store: &SqliteStore,
    request: GenerationRequest,
    setup: &str,
) -> GenerationId {
    let begun = store.begin_generation(&definition("balances"), request).await.expect("begun");
    let (generation, mut transaction) = begun.expect("a generation was begun");
    if !setup.is_empty() {
        execute(&mut transaction, setup).await;
    }
    transaction.commit().await.expect("made");
    generation
}

pub(crate) async fn execute(transaction: &mut SqliteTransaction, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut **transaction).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Claims the only partition of a generation, for a new worker.
pub(crate) async fn claim(store: &SqliteStore, generation: GenerationId) -> Lease {
    let worker = Worker { id: WorkerId::new(), application: "test".to_owned(), supports: Vec::new() };
    store.heartbeat(&worker, LEASE).await.expect("a heartbeat");
    let claimed = store.claim(&Claim::of(generation, 0, worker.id)).await.expect("an answer");
    claimed.expect("the partition is free")
}

pub(crate) async fn begin(store: &SqliteStore, lease: &Lease) -> SqliteTransaction {
    store.begin(lease).await.expect("begun").expect("the lease is held").0
}

/// Processes one batch.
pub(crate) async fn run_batch(store: &SqliteStore, lease: &Lease, position: u64, sql: &str) {
    let mut transaction = begin(store, lease).await;
    execute(&mut transaction, sql).await;
    transaction.advance(lease, Position::new(position), 1).await.expect("advanced");
    transaction.commit().await.expect("committed");
}

pub(crate) async fn swap(store: &SqliteStore, generation: GenerationId, keep_old: bool) {
    match store.begin_swap(generation).await.expect("an answer") {
        SwapAttempt::Ready(mut transaction) => {
            transaction.swap(generation, keep_old).await.expect("nothing blocks the swap");
            transaction.commit().await.expect("swapped");
        }
        other => panic!("{other:?}"),
    }
}

/// One event, with any expected version.
pub(crate) fn append() -> Append {
    let event = NewEvent {
        id: EventId::new(),
        event_type: "account.noted".into(),
        schema_version: 1,
        payload: RawValue::from_string("{}".to_owned()).expect("the payload is JSON"),
        metadata: Metadata::new(),
    };
    Append::to(StreamId::new("account", "a").expect("valid"), ExpectedVersion::Any, vec![event])
}

/// An error with all its causes.
pub(crate) fn full_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
