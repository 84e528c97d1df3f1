//! Rights: a role that may append and read, and cannot change what has happened.

use eventsource_core::{
    Position, Snapshot, Version,
    store::{AppendError, Direction, EventStore, LogFilter, SnapshotForm, StoreError},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{OpenError, PostgresOptions, PostgresStore};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::support::{append_to, connect, database, open, run, stream};

/// A role of the test's own, removed at the end: roles are the server's, not the database's.
struct Role {
    name: String,
    database: TestDatabase,
}

impl Role {
    async fn new(suffix: &str) -> Self {
        let database = database().await;
        let name = format!("{}{suffix}", database.name());
        run(&mut connect(database.url()).await, format!("create role {} login", quoted(&name))).await;
        Self { name, database }
    }

    fn options(&self) -> PgConnectOptions {
        let options: PgConnectOptions = self.database.url().parse().expect("a URL of a server");
        options.username(&self.name)
    }

    async fn grant(&self) {
        open(self.database.url()).await.grant_to(&self.name).await.expect("the owner may grant");
    }

    async fn open(&self) -> Result<PostgresStore, OpenError> {
        PostgresOptions::with_server(self.options()).connect().await
    }

    async fn remove(self) {
        let name = quoted(&self.name);
        run(&mut connect(self.database.url()).await, format!("drop owned by {name}; drop role {name}")).await;
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test]
async fn a_granted_role_appends_reads_and_keeps_snapshots() {
    // A name that would be another statement if it were not quoted.
    let role = Role::new("\"; drop schema eventsource cascade; --").await;
    role.grant().await;
    let store = role.open().await.expect("the role may use the schema");
    store.append(append_to("acc-1").with_idempotency_key("key")).await.expect("it may append");
    assert!(store.find_receipt(&stream("acc-1"), "key").await.expect("it may ask for keys").is_some());
    let forward = Direction::Forward { after: Version::EMPTY };
    assert_eq!(store.read_stream(&stream("acc-1"), forward, 10).await.expect("it may read").len(), 1);
    let page = store.read_log(Position::START, &LogFilter::all(), 10).await.expect("it may read the log");
    assert_eq!(page.events.len(), 1);
    for version in [1, 2] {
        let snapshot = Snapshot {
            stream: stream("acc-1"),
            version: Version::new(version),
            form: SnapshotForm { version: 1, fingerprint: "form".into() },
            state: serde_json::from_str("{}").expect("JSON"),
        };
        store.save_snapshot(snapshot).await.expect("it may keep and replace snapshots");
    }
    let kept = store.load_snapshot(&stream("acc-1")).await.expect("it may load snapshots");
    assert_eq!(kept.expect("kept").version, Version::new(2));
    assert_eq!(store.stored_types(1).await.expect("it may count").len(), 1);
    store.close().await;
    role.remove().await;
}

#[tokio::test]
async fn a_granted_role_cannot_change_what_has_happened() {
    let role = Role::new("").await;
    role.grant().await;
    open(role.database.url()).await.append(append_to("acc-1")).await.expect("the owner appends");
    let mut connection = role.options().connect().await.expect("the role may log in");
    for forbidden in [
        "update eventsource.events set payload = '{}'",
        "delete from eventsource.events",
        "truncate eventsource.events",
        "insert into eventsource.events select position + 1, category, stream_id, version + 1, gen_random_uuid(),
         event_type, schema_version, payload, metadata, null, null, recorded_at from eventsource.events",
        "delete from eventsource.idempotency_keys",
        "insert into eventsource.idempotency_keys values ('account', 'acc-1', 'key', 1, 1, now())",
        "select nextval('eventsource.event_position')",
        "drop table eventsource.events",
        "alter table eventsource.events disable trigger all",
        "create table eventsource.mine (x integer)",
        "update eventsource._migrations set success = false",
        "select eventsource.grant_to('public')",
    ] {
        let error = sqlx::query(forbidden).execute(&mut connection).await.expect_err(forbidden);
        let code = error.as_database_error().and_then(|error| error.code()).map(String::from);
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {error}");
    }
    drop(connection);
    role.remove().await;
}

#[tokio::test]
async fn a_role_without_a_grant_is_told_what_it_lacks() {
    let role = Role::new("").await;
    let refused = role.open().await.expect_err("the role may not use the schema");
    let OpenError::Store(error @ StoreError::Denied { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("grant_to") && !error.is_retryable(), "{error}");

    // The right is taken away while the store is in use.
    role.grant().await;
    let store = role.open().await.expect("the role may use the schema now");
    let revoke = format!("revoke all on all functions in schema eventsource from {}", quoted(&role.name));
    run(&mut connect(role.database.url()).await, revoke).await;
    let refused = store.append(append_to("acc-1")).await.expect_err("the role may not append");
    assert!(matches!(refused, AppendError::Store(StoreError::Denied { .. })), "{refused:?}");
    store.close().await;
    role.remove().await;
}

#[tokio::test]
async fn a_grant_to_nobody_fails() {
    let database = database().await;
    let error = open(database.url()).await.grant_to("no such role").await.expect_err("there is no such role");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
}
