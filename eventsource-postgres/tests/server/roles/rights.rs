//! What each right allows and what it does not, what is revoked, and what the owner is kept from.

use eventsource_core::{
    EventId, Position,
    store::{AppendError, EventStore, ImportError, ImportEvent, LogFilter, ProjectionStore, StoreError},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{MigrateError, PostgresStore, SchemaError};
use sqlx::PgConnection;

use super::{INSUFFICIENT_PRIVILEGE, Role, drop_roles, owned_database, refusal};
use crate::support::{append_to, append_with_sql, connect, run, stored, stream};

/// A statement for each thing that a role may be allowed.
const APPEND: &str =
    "select eventsource.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
const IMPORT: &str =
    "select eventsource.import('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', false)";
const READ: [&str; 5] = [
    "select from eventsource.events, eventsource.idempotency_keys, eventsource.snapshots",
    "select from eventsource.generations, eventsource.checkpoints, eventsource.workers, eventsource.parked_events",
    "select from eventsource.timers, eventsource.instances, eventsource.outcomes",
    "select eventsource.horizon(), h.state from eventsource.horizon_holders() h",
    "select eventsource.settled(m.\"end\") from eventsource.moment() m",
];
const OPERATE: [&str; 6] = [
    "update eventsource.checkpoints set stopped = null, stopped_at = null",
    "update eventsource.parked_events set request = 'retry', request_reason = null",
    "update eventsource.generations set swap_when_ready = true, keep_old = true",
    "select from eventsource.checkpoints for update",
    "update eventsource.instances set state = 'aborted', reason = null, changed_at = now()",
    "delete from eventsource.timers",
];
const RUN: [&str; 10] = [
    "insert into eventsource.snapshots select from eventsource.snapshots where false",
    "update eventsource.checkpoints set position = 1",
    "update eventsource.generations set inline = true",
    "delete from eventsource.parked_events",
    "insert into eventsource.timers select from eventsource.timers where false",
    "insert into eventsource.instances select from eventsource.instances where false",
    "delete from eventsource.outcomes",
    "select eventsource.purge_keys(0, 1)",
    "select eventsource.enter(1, 0, 1)",
    "do 'begin perform eventsource.hold_appends(); end'",
];

async fn assert_refused(connection: &mut PgConnection, statements: impl IntoIterator<Item = &'static str>) {
    for sql in statements {
        assert_eq!(refusal(connection, sql).await, INSUFFICIENT_PRIVILEGE, "{sql}");
    }
}

async fn assert_allowed(connection: &mut PgConnection, statements: impl IntoIterator<Item = &'static str>) {
    for sql in statements {
        run(connection, sql).await;
    }
}

#[tokio::test]
async fn each_right_allows_what_it_says_and_nothing_else() {
    let (database, owner) = owned_database().await;
    let owners = owner.store(&database).await.expect("a store");
    let role = Role::create(&database, "app").await;
    let mut own = role.connect(&database).await;
    let all = || READ.into_iter().chain(OPERATE).chain(RUN).chain([APPEND, IMPORT]);
    assert_refused(&mut own, all()).await;

    owners.grant_read_to(&role.name).await.expect("granted");
    assert_allowed(&mut own, READ).await;
    assert_refused(&mut own, OPERATE.into_iter().chain(RUN).chain([APPEND, IMPORT])).await;
    let reader = role.store(&database).await.expect("a store that only reads");
    owners.append(append_to("a")).await.expect("appended");
    assert_eq!(
        reader.read_log(Position::START, &LogFilter::all(), 9).await.expect("the log").events.len(),
        1
    );
    reader.generations().await.expect("the status");
    reader.close().await;

    owners.grant_operate_to(&role.name).await.expect("granted");
    assert_allowed(&mut own, READ.into_iter().chain(OPERATE)).await;
    assert_refused(&mut own, RUN.into_iter().chain([APPEND, IMPORT])).await;
    owners.revoke_from(&role.name).await.expect("revoked");
    assert_refused(&mut own, all()).await;

    owners.grant_import_to(&role.name).await.expect("granted");
    assert_allowed(&mut own, READ.into_iter().chain([IMPORT])).await;
    assert_refused(&mut own, OPERATE.into_iter().chain(RUN).chain([APPEND])).await;
    owners.revoke_from(&role.name).await.expect("revoked");
    assert_refused(&mut own, all()).await;

    owners.grant_to(&role.name).await.expect("granted");
    assert_allowed(&mut own, READ.into_iter().chain(OPERATE).chain(RUN).chain([APPEND])).await;
    assert_refused(&mut own, [IMPORT]).await;
    let store = role.store(&database).await.expect("a store");
    let event = ImportEvent::raw(stream("b"), "account.noted", 1, "{}").expect("JSON").id(EventId::new());
    let refused = store.import(&[event]).await.expect_err("only appends were granted");
    assert!(matches!(refused, ImportError::Store(StoreError::Denied { .. })), "{refused:?}");
    owners.revoke_from(&role.name).await.expect("revoked");
    let refused = store.append(append_to("a")).await.expect_err("revoked");
    assert!(matches!(refused, AppendError::Store(StoreError::Denied { .. })), "{refused:?}");
    assert_refused(&mut own, all()).await;

    store.close().await;
    owners.close().await;
    drop(own);
    drop_roles(database, [role, owner]).await;
}

#[tokio::test]
async fn nothing_is_granted_to_everybody() {
    let (database, owner) = owned_database().await;
    let owners = owner.store(&database).await.expect("a store");
    for refused in [
        owners.grant_to("public").await,
        owners.grant_import_to("public").await,
        owners.grant_read_to("public").await,
        owners.grant_operate_to("public").await,
    ] {
        let refused = std::error::Error::source(&refused.expect_err("refused")).map(ToString::to_string);
        assert!(refused.as_deref().is_some_and(|text| text.contains("everybody")), "{refused:?}");
    }
    let refused = owners.revoke_from(&owner.name).await.expect_err("the owner keeps its rights");
    assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
    let stranger = Role::create(&database, "stranger").await;
    assert_refused(&mut stranger.connect(&database).await, READ.into_iter().chain([APPEND, IMPORT])).await;
    owners.close().await;
    drop_roles(database, [stranger, owner]).await;
}

#[tokio::test]
async fn an_application_sees_its_own_sessions_among_those_that_hold_the_horizon_back() {
    let (database, owner) = owned_database().await;
    let owners = owner.store(&database).await.expect("a store");
    let role = Role::create(&database, "app").await;
    owners.grant_to(&role.name).await.expect("granted");
    let mut open = role.connect(&database).await;
    run(&mut open, "set application_name = 'bank'; begin").await;
    append_with_sql(&mut open, "a").await.expect("appended");

    let apps = role.store(&database).await.expect("a store");
    let holders = apps.horizon_holders().await.expect("listed");
    let [holder] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!(holder.application, "bank");
    assert!(holder.state.starts_with("idle in transaction"), "{holder:?}");
    assert!(holder.since.is_some() && !holder.age.is_zero(), "{holder:?}");
    // Another role sees that there is one, and how to see more.
    let holders = owners.horizon_holders().await.expect("listed");
    let [holder] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!((holder.application.as_str(), holder.since), ("bank", None));
    assert!(holder.state.contains(&role.name) && holder.state.contains("pg_read_all_stats"), "{holder:?}");

    drop(open);
    apps.close().await;
    owners.close().await;
    drop_roles(database, [role, owner]).await;
}

#[tokio::test]
async fn a_schema_of_another_role_is_not_migrated() {
    let (database, owner) = owned_database().await;
    let stranger = Role::create(&database, "stranger").await;
    let superuser = PostgresStore::migrate(database.url()).await;
    let by_stranger = PostgresStore::migrate_with(&stranger.on(&database)).await;
    for refused in [superuser, by_stranger] {
        let Err(MigrateError::Schema(SchemaError::OfAnotherRole { owner: found, .. })) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(*found, owner.name);
    }
    // A schema that was there first, although the role may create things in it.
    let squatted = TestDatabase::create();
    let grants = format!(
        "create schema eventsource authorization {}; grant all on schema eventsource to {owner};
         grant create on database {} to {owner}",
        stranger.quoted(),
        squatted.name(),
        owner = owner.quoted(),
    );
    run(&mut connect(squatted.url()).await, grants).await;
    let refused =
        PostgresStore::migrate_with(&owner.on(&squatted)).await.expect_err("it belongs to the stranger");
    assert!(refused.to_string().contains(&format!("belongs to the role `{}`", stranger.name)), "{refused}");
    drop(squatted);
    drop_roles(database, [stranger, owner]).await;
}

#[tokio::test]
async fn the_owner_cannot_change_events_accidentally() {
    let (database, owner) = owned_database().await;
    let owners = owner.store(&database).await.expect("a store");
    owners.append(append_to("a")).await.expect("appended");
    let before = stored(database.url()).await;
    let changes = [
        "update eventsource.events set payload = '{}'",
        "delete from eventsource.events where false",
        "truncate eventsource.events",
    ];
    for mut connection in [owner.connect(&database).await, connect(database.url()).await] {
        for sql in changes {
            assert_eq!(refusal(&mut connection, sql).await, "55000", "{sql}");
        }
        // The setting lasts as long as the transaction.
        run(&mut connection, "begin; set local eventsource.change_events = 'on'").await;
        for sql in changes {
            run(&mut connection, sql).await;
        }
        run(&mut connection, "rollback").await;
        assert_eq!(refusal(&mut connection, changes[0]).await, "55000");
    }
    assert_eq!(stored(database.url()).await, before);
    owners.close().await;
    drop_roles(database, [owner]).await;
}
