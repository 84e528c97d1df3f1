//! Privileges: an application can append and read and do nothing else. The owner of the schema is not a superuser.

mod rights;
mod untrusted;

use eventsource_core::{
    EventId, Position, Version,
    store::{AppendError, Direction, EventStore, ImportEvent, LogFilter, StoreError},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{MigrateError, OpenError, PostgresOptions, PostgresStore};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use crate::support::{append_to, append_with_sql, connect, database, open, run, snapshot, stored, stream};

/// A role that may log in, with a name that needs quotes.
struct Role {
    name: String,
    server: String,
}

impl Role {
    async fn create(database: &TestDatabase, name: &str) -> Self {
        // Roles belong to the whole server: digits of the database name make the name of the role unique.
        let digits = database.name().rsplit('_').next().expect("a name");
        let role = Self { name: format!("{name} {digits}"), server: database.server_url().to_owned() };
        let create = format!("create role {} login password 'secret'", role.quoted());
        run(&mut connect(database.server_url()).await, create).await;
        role
    }

    fn quoted(&self) -> String {
        format!("\"{}\"", self.name.replace('"', "\"\""))
    }

    fn on(&self, database: &TestDatabase) -> PgConnectOptions {
        let options: PgConnectOptions = database.url().parse().expect("a URL");
        options.username(&self.name).password("secret")
    }

    async fn store(&self, database: &TestDatabase) -> Result<PostgresStore, OpenError> {
        PostgresOptions::with_server(self.on(database)).max_connections(2).connect().await
    }

    async fn connect(&self, database: &TestDatabase) -> PgConnection {
        self.on(database).connect().await.expect("the role may log in")
    }
}

/// Drops the database first: a role cannot be dropped while it has privileges there.
async fn drop_roles<const N: usize>(database: TestDatabase, roles: [Role; N]) {
    drop(database);
    for role in roles {
        run(&mut connect(&role.server).await, format!("drop role {}", role.quoted())).await;
    }
}

/// A database whose schema belongs to a role that is not a superuser.
async fn owned_database() -> (TestDatabase, Role) {
    let database = TestDatabase::create();
    let owner = Role::create(&database, "owner").await;
    let grant = format!("grant create on database {} to {}", database.name(), owner.quoted());
    run(&mut connect(database.server_url()).await, grant).await;
    PostgresStore::migrate_with(&owner.on(&database)).await.expect("migrated");
    (database, owner)
}

/// The SQLSTATE with which a statement is refused.
async fn refusal(connection: &mut PgConnection, sql: &'static str) -> String {
    let outcome = sqlx::raw_sql(sql).execute(connection).await;
    let error = outcome.err().unwrap_or_else(|| panic!("allowed: {sql}"));
    let error = error.as_database_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
    error.code().expect("a code").into_owned()
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";

#[tokio::test]
async fn an_application_can_append_and_read() {
    let (database, owner) = owned_database().await;
    let role = Role::create(&database, r#"O'Brien's "app"; drop role x --"#).await;
    let owners = owner.store(&database).await.expect("a store");
    owners.grant_to(&role.name).await.expect("granted");
    owners.grant_import_to(&role.name).await.expect("granted");
    let store = role.store(&database).await.expect("a store");

    let receipt = store.append(append_to("a").with_idempotency_key("key")).await.expect("appended").remove(0);
    let newest = Direction::Backward { before: Version::MAX };
    assert_eq!(store.read_stream(&stream("a"), newest, 9).await.expect("the stream").len(), 1);
    let page = store.read_log(Position::START, &LogFilter::all(), 9).await.expect("the log");
    assert_eq!((page.events.len(), page.horizon), (1, receipt.position));
    let found = store.find_receipt(&stream("a"), "key").await.expect("an answer");
    assert_eq!(found.map(|found| found.position), Some(receipt.position));
    assert!(store.append(append_to("a").with_idempotency_key("key")).await.expect("repeated")[0].repeated);
    let imported = ImportEvent::raw(stream("b"), "account.noted", 1, "{}").expect("JSON").id(EventId::new());
    assert_eq!(store.import(&[imported]).await.expect("imported").stored, 1);
    assert_eq!(store.stored_types(1).await.expect("the types").len(), 1);
    for version in [1, 2] {
        store.save_snapshot(snapshot("a", version)).await.expect("kept");
    }
    let kept = store.load_snapshot(&stream("a")).await.expect("an answer");
    assert_eq!(kept.map(|kept| kept.snapshot.version.get()), Some(2));
    let mut own = role.connect(&database).await;
    run(&mut own, "select eventsource.horizon(), * from eventsource.horizon_holders()").await;

    store.close().await;
    owners.close().await;
    drop(own);
    drop_roles(database, [role, owner]).await;
}

#[tokio::test]
async fn an_application_cannot_change_events() {
    let (database, owner) = owned_database().await;
    let role = Role::create(&database, "app").await;
    let owners = owner.store(&database).await.expect("a store");
    owners.grant_to(&role.name).await.expect("granted");
    owners.append(append_to("a").with_idempotency_key("key")).await.expect("appended");
    let before = stored(database.url()).await;

    let mut own = role.connect(&database).await;
    for sql in [
        "update eventsource.events set payload = '{}'",
        "delete from eventsource.events",
        "truncate eventsource.events",
        "insert into eventsource.events select 99, category, stream_id, 99, gen_random_uuid(), event_type, schema_version,
             payload, metadata, correlation_id, causation_id, recorded_at from eventsource.events",
        "alter table eventsource.events add column x int",
        "create trigger t before insert on eventsource.events execute function suppress_redundant_updates_trigger()",
        "create rule r as on insert to eventsource.events do instead nothing",
        "drop table eventsource.events",
        "select 1 from eventsource.events for update",
        "do 'begin lock table eventsource.events in exclusive mode; end'",
        "select nextval('eventsource.event_position')",
        "select setval('eventsource.event_position', 1)",
        "insert into eventsource.idempotency_keys values ('account', 'b', 'key', 1, 1, null, null, now())",
        "update eventsource.idempotency_keys set position = 9",
        "delete from eventsource.idempotency_keys",
        "delete from eventsource.snapshots",
        "delete from eventsource.generations",
        "insert into eventsource.appending default values",
        "do 'begin lock table eventsource.appending in share mode; end'",
        "update eventsource._migrations set checksum = ''",
        "create table eventsource.mine (n int)",
        "create or replace function eventsource.horizon() returns bigint language sql as 'select 1::bigint'",
        "select eventsource.grant_to('public')",
        "drop schema eventsource cascade",
    ] {
        assert_eq!(refusal(&mut own, sql).await, INSUFFICIENT_PRIVILEGE, "{sql}");
    }
    assert_eq!(stored(database.url()).await, before);
    owners.close().await;
    drop(own);
    drop_roles(database, [role, owner]).await;
}

/// The append function runs with the rights of its owner, so it must not call functions or use tables of the role.
#[tokio::test]
async fn an_application_cannot_use_the_rights_of_the_owner() {
    let (database, owner) = owned_database().await;
    let role = Role::create(&database, "app").await;
    owner.store(&database).await.expect("a store").grant_to(&role.name).await.expect("granted");
    let schema = format!("create schema mine authorization {}", role.quoted());
    run(&mut connect(database.url()).await, schema).await;
    let mut own = role.connect(&database).await;
    run(
        &mut own,
        "create temp table events (n int);
         create function mine.hashtext(text) returns int language sql
             as 'delete from eventsource.events; select 1';
         create function mine.clock_timestamp() returns timestamptz language sql
             as 'delete from eventsource.events; select now()';
         set search_path = mine, pg_temp, pg_catalog",
    )
    .await;
    append_with_sql(&mut own, "a").await.expect("appended");
    append_with_sql(&mut own, "a").await.expect("appended");
    assert_eq!(stored(database.url()).await.len(), 2);
    drop(own);
    drop_roles(database, [role, owner]).await;
}

#[tokio::test]
async fn the_error_for_a_role_without_the_grant_says_what_to_do() {
    let (database, owner) = owned_database().await;
    let role = Role::create(&database, "stranger").await;
    let error = role.store(&database).await.expect_err("refused");
    assert!(matches!(error, OpenError::Store(StoreError::Denied { .. })), "{error:?}");
    assert!(
        error.to_string().contains("let the owner of the schema grant it, see `grant_to`, and"),
        "{error}"
    );

    // The same for a role whose rights are revoked later.
    let owners = owner.store(&database).await.expect("a store");
    owners.grant_to(&role.name).await.expect("granted");
    let store = role.store(&database).await.expect("a store");
    store.append(append_to("a")).await.expect("appended");
    let revoke = format!("revoke all on all functions in schema eventsource from {}", role.quoted());
    run(&mut connect(database.url()).await, revoke).await;
    let error = store.append(append_to("a")).await.expect_err("refused");
    assert!(!error.is_retryable(), "{error:?}");
    let AppendError::Store(error @ StoreError::Denied { .. }) = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("grant_to"), "{error}");
    let error = store.read_log(Position::START, &LogFilter::all(), 1).await.expect_err("refused");
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert_eq!(stored(database.url()).await.len(), 1);

    store.close().await;
    owners.close().await;
    drop_roles(database, [role, owner]).await;
}

#[tokio::test]
async fn an_owner_that_is_not_a_superuser_can_migrate_and_grant() {
    let database = TestDatabase::create();
    let owner = Role::create(&database, "owner").await;
    let app = Role::create(&database, "app").await;
    let error =
        PostgresStore::migrate_with(&owner.on(&database)).await.expect_err("it may not create a schema");
    assert!(matches!(error, MigrateError::Store(StoreError::Denied { .. })), "{error:?}");

    let grant = format!("grant create on database {} to {}", database.name(), owner.quoted());
    run(&mut connect(database.server_url()).await, grant).await;
    PostgresStore::migrate_with(&owner.on(&database)).await.expect("migrated");
    let owners = owner.store(&database).await.expect("a store");
    owners.append(append_to("a")).await.expect("appended");
    owners.grant_to(&app.name).await.expect("granted");
    let apps = app.store(&database).await.expect("a store");
    apps.append(append_to("a")).await.expect("appended");
    // An append of another role holds the horizon too.
    let mut open = owner.connect(&database).await;
    run(&mut open, "begin").await;
    append_with_sql(&mut open, "b").await.expect("appended");
    let page = apps.read_log(Position::START, &LogFilter::all(), 9).await.expect("the log");
    assert_eq!((page.events.len(), page.horizon.get()), (2, 2));
    let error = apps.grant_to(&app.name).await.expect_err("not the owner");
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");

    drop(open);
    owners.close().await;
    apps.close().await;
    drop_roles(database, [app, owner]).await;
}

#[tokio::test]
async fn a_role_that_does_not_exist_cannot_be_granted_anything() {
    let database = database().await;
    let error = open(database.url()).await.grant_to("nobody's").await.expect_err("no such role");
    assert!(matches!(error, StoreError::Backend { .. }) && !error.is_retryable(), "{error:?}");
}

/// Like many instances of a program that grants at its start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_grants_succeed() {
    let (database, owner) = owned_database().await;
    let role = Role::create(&database, "app").await;
    let owners = owner.store(&database).await.expect("a store");
    let granting: Vec<_> = (0..40)
        .map(|_| {
            let (owners, name) = (owners.clone(), role.name.clone());
            tokio::spawn(async move { owners.grant_to(&name).await })
        })
        .collect();
    for granting in granting {
        granting.await.expect("an end").expect("granted");
    }
    role.store(&database).await.expect("a store").close().await;
    owners.close().await;
    drop_roles(database, [role, owner]).await;
}
