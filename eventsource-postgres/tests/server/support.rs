//! Common code of the tests: databases, sample events, seeded random numbers, waiting for a condition.

use std::{fmt::Display, sync::Arc, time::Duration};

use eventsource_core::{
    EventId, Metadata, StreamId, Version,
    snapshot::Snapshot,
    store::{Append, ExpectedVersion, NewEvent, SnapshotForm},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::PostgresStore;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgConnectOptions};
use tokio::{sync::Mutex, time::sleep};
use uuid::Uuid;

pub(crate) use eventsource_conformance::waiting::{in_time, wait_for as wait_until};

/// A new database with the schema.
pub(crate) async fn database() -> TestDatabase {
    migrated(TestDatabase::create()).await
}

/// Like [`database`], on the server with this URL.
pub(crate) async fn database_on(server: &str) -> TestDatabase {
    migrated(TestDatabase::create_on(server).expect("a database")).await
}

async fn migrated(database: TestDatabase) -> TestDatabase {
    PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
    database
}

/// A store with default options.
pub(crate) async fn open(url: &str) -> PostgresStore {
    PostgresStore::connect(url).await.expect("a migrated database can be opened")
}

/// A connection that does not belong to a store.
pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server accepts connections")
}

/// The port of the server of a URL.
pub(crate) fn port_of(url: &str) -> u16 {
    let options: PgConnectOptions = url.parse().expect("a URL of a server");
    options.get_port()
}

/// Runs statements without binds.
pub(crate) async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(crate) fn stream(id: impl Display) -> StreamId {
    StreamId::new("account", id.to_string()).expect("the id is valid")
}

pub(crate) fn event() -> NewEvent {
    event_of("account.noted", "{}")
}

pub(crate) fn event_of(event_type: &'static str, payload: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: event_type.into(),
        schema_version: 1,
        payload: RawValue::from_string(payload.to_owned()).expect("the payload is JSON"),
        metadata: Metadata::new(),
    }
}

/// An append of one event, at any version.
pub(crate) fn append_to(id: impl Display) -> Append {
    Append::to(stream(id), ExpectedVersion::Any, vec![event()])
}

pub(crate) fn snapshot(id: impl Display, version: u64) -> Snapshot {
    Snapshot {
        stream: stream(id),
        version: Version::new(version),
        event_id: EventId::new(),
        form: SnapshotForm { version: 1, fingerprint: Arc::from("form") },
        state: RawValue::from_string(version.to_string()).expect("a number is JSON"),
    }
}

/// Appends one event with the statement of the store, on a connection of the test and so in any transaction. Returns the
/// position of the event.
pub(crate) async fn append_with_sql(connection: &mut PgConnection, id: &str) -> Result<u64, sqlx::Error> {
    append_with_sql_and_key(connection, id, None).await
}

/// Like [`append_with_sql`], under an idempotency key.
pub(crate) async fn append_with_sql_and_key(
    connection: &mut PgConnection,
    id: &str,
    key: Option<&str>,
) -> Result<u64, sqlx::Error> {
    append_expecting(connection, id, -1, key).await
}

/// Like [`append_with_sql`], to a stream that must not exist.
pub(crate) async fn append_first_with_sql(
    connection: &mut PgConnection,
    id: &str,
) -> Result<u64, sqlx::Error> {
    append_expecting(connection, id, 0, None).await
}

async fn append_expecting(
    connection: &mut PgConnection,
    id: &str,
    expected: i64,
    key: Option<&str>,
) -> Result<u64, sqlx::Error> {
    let query = sqlx::query(
        "select \"position\" from eventsource.append(
            array[1], array['account'], array[$1], array[$4]::bigint[], array[1], array[$3]::text[],
            array[$2]::uuid[], array['account.noted'], array[1], array['{}'], array['{}'],
            array[null]::uuid[], array[null]::uuid[])",
    );
    let row = query.bind(id).bind(Uuid::now_v7()).bind(key).bind(expected).fetch_one(connection).await?;
    Ok(u64::try_from(row.get::<i64, _>(0)).expect("a position is not negative"))
}

/// An event as another program reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) position: u64,
    pub(crate) stream: StreamId,
    pub(crate) version: u64,
    pub(crate) id: EventId,
}

/// All committed events, in order of position.
pub(crate) async fn stored(url: &str) -> Vec<Stored> {
    let query = sqlx::query(
        "select position, category, stream_id, version, event_id from eventsource.events order by 1",
    );
    let rows = query.fetch_all(&mut connect(url).await).await.expect("the log can be read");
    let number = |row: &sqlx::postgres::PgRow, column: usize| {
        u64::try_from(row.get::<i64, _>(column)).expect("no number in the log is negative")
    };
    let stored = |row: &sqlx::postgres::PgRow| Stored {
        position: number(row, 0),
        stream: StreamId::new(row.get::<&str, _>(1), row.get::<&str, _>(2)).expect("a valid stream"),
        version: number(row, 3),
        id: row.get::<Uuid, _>(4).into(),
    };
    rows.iter().map(stored).collect()
}

/// Asserts that in the order of the log the versions of each stream are 1, 2, 3 …
#[track_caller]
pub(crate) fn assert_streams_are_whole(log: &[Stored]) {
    let mut versions = std::collections::HashMap::new();
    for event in log {
        let version = versions.entry(&event.stream).or_insert(0);
        *version += 1;
        assert_eq!(event.version, *version, "in {}, position {}", event.stream, event.position);
    }
}

/// Waits until this many backends of the database wait for a lock without a lock timeout. Appends do so after they have
/// waited for a short time as part of a group.
pub(crate) async fn wait_until_blocked(url: &str, backends: i64) {
    let blocked = "wait_event_type = 'Lock' and query not like '%lock_timeout%'";
    wait_for_backends(url, blocked, backends).await;
}

/// Waits until this many backends of the database, apart from the one that counts them, meet the condition.
pub(crate) async fn wait_for_backends(url: &str, condition: &str, backends: i64) {
    let sql = format!(
        "select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and {condition}"
    );
    let connection = &Mutex::new(connect(url).await);
    wait_until(&format!("{backends} backends where {condition}"), || async {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.clone()));
        let found: i64 =
            query.fetch_one(&mut *connection.lock().await).await.expect("the backends can be counted");
        if found == backends { Ok(()) } else { Err(found) }
    })
    .await;
}

/// Random numbers, the same in each run (splitmix64, <https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug, Clone)]
pub(crate) struct SeededRandom(pub(crate) u64);

impl SeededRandom {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// Part of the load that a test generates, never a way to wait for something.
    pub(crate) async fn pause(&mut self, below: Duration) {
        let below = u64::try_from(below.as_micros()).expect("a short pause");
        sleep(Duration::from_micros(self.below(below))).await;
    }
}
