//! The schema: made once however many ask for it, and refused if it is not the one of this version.

use eventsource_harness::TestDatabase;
use eventsource_postgres::{MigrateError, OpenError, PostgresStore, SchemaError};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Row};

use crate::support::{connect, database, open, run};

/// Why a database cannot be opened.
async fn refusal(url: &str) -> SchemaError {
    match PostgresStore::connect(url).await {
        Err(OpenError::Schema(error)) => error,
        other => panic!("the schema should be refused: {other:?}"),
    }
}

async fn migration_refusal(url: &str) -> SchemaError {
    match PostgresStore::migrate(url).await {
        Err(MigrateError::Schema(error)) => error,
        other => panic!("the schema should be refused: {other:?}"),
    }
}

#[tokio::test]
async fn eight_programs_may_migrate_at_once_and_again() {
    let database = TestDatabase::create();
    for _ in 0..2 {
        let all = join_all((0..8).map(|_| PostgresStore::migrate(database.url()))).await;
        all.into_iter().collect::<Result<Vec<_>, _>>().expect("every one of them succeeds");
    }
    let mut connection = connect(database.url()).await;
    let applied = sqlx::query("select count(*), count(distinct version) from eventsource._migrations");
    let applied = applied.fetch_one(&mut connection).await.expect("the migrations can be counted");
    assert_eq!((applied.get::<i64, _>(0), applied.get::<i64, _>(1)), (4, 4));
    open(database.url()).await;
}

#[tokio::test]
async fn migrations_leave_those_of_the_application_alone() {
    let database = TestDatabase::create();
    let mut connection = connect(database.url()).await;
    run(
        &mut connection,
        "create table _sqlx_migrations (theirs integer); create table events (theirs integer)",
    )
    .await;
    PostgresStore::migrate(database.url()).await.expect("the schema is one of its own");
    run(&mut connection, "insert into _sqlx_migrations values (1); insert into events values (1)").await;
    let elsewhere = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
                      where n.nspname = 'public'";
    let elsewhere: i64 = sqlx::query_scalar(elsewhere).fetch_one(&mut connection).await.expect("counts");
    assert_eq!(elsewhere, 2);
}

#[tokio::test]
async fn an_absent_schema_is_refused_with_what_to_do() {
    let database = TestDatabase::create();
    let error = refusal(database.url()).await;
    assert_eq!(error, SchemaError::Absent);
    assert!(error.to_string().contains("PostgresStore::migrate"), "{error}");
    // Somebody made the schema, and nothing in it.
    run(&mut connect(database.url()).await, "create schema eventsource").await;
    assert_eq!(refusal(database.url()).await, SchemaError::Absent);
}

#[tokio::test]
async fn an_older_schema_is_refused_and_can_be_migrated() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    run(
        &mut connection,
        "drop function eventsource.grant_to; delete from eventsource._migrations where version = 4",
    )
    .await;
    let error = refusal(database.url()).await;
    assert_eq!(error, SchemaError::Older { found: 3, wanted: 4 });
    assert!(error.to_string().contains("PostgresStore::migrate"), "{error}");
    PostgresStore::migrate(database.url()).await.expect("it goes on where it was");
    open(database.url()).await;
}

#[tokio::test]
async fn a_newer_a_modified_and_an_unfinished_schema_are_refused() {
    let change = |change: &'static str| async move {
        let database = database().await;
        run(&mut connect(database.url()).await, change).await;
        let refused = refusal(database.url()).await;
        assert_eq!(migration_refusal(database.url()).await, refused);
        refused
    };
    let newer =
        "insert into eventsource._migrations (version, description, success, checksum, execution_time)
                 values (9, 'of tomorrow', true, '', 0)";
    assert_eq!(change(newer).await, SchemaError::Newer { version: 9 });
    let modified = "update eventsource._migrations set checksum = 'x' where version = 2";
    assert_eq!(change(modified).await, SchemaError::Modified { version: 2 });
    let unfinished = "update eventsource._migrations set success = false where version = 3";
    assert_eq!(change(unfinished).await, SchemaError::Unfinished { version: 3 });
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let server = TestDatabase::create();
    let name = format!("{}_ascii", server.name());
    let mut connection = connect(server.url()).await;
    let create = format!("create database {name} encoding 'SQL_ASCII' locale 'C' template template0");
    run(&mut connection, create).await;
    let url = server.url().replace(server.name(), &name);
    let refused = PostgresStore::migrate(&url).await;
    run(&mut connection, format!("drop database {name} with (force)")).await;
    let Err(MigrateError::Server(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("SQL_ASCII") && reason.contains("UTF8"), "{reason}");
}

#[tokio::test]
async fn what_is_no_url_of_a_server_is_refused() {
    for url in ["", "bank", "http://localhost/bank", "postgres://[::1"] {
        let refused = PostgresStore::connect(url).await;
        assert!(matches!(refused, Err(OpenError::Url(_))), "{url}: {refused:?}");
        let refused = PostgresStore::migrate(url).await;
        assert!(matches!(refused, Err(MigrateError::Url(_))), "{url}: {refused:?}");
    }
}

/// A migration that was released is never edited: databases have it. New ones are added below.
#[tokio::test]
async fn released_migrations_stay_as_they_are() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let rows = sqlx::query(
        "select version, encode(substring(checksum for 8), 'hex') from eventsource._migrations order by 1",
    );
    let rows = rows.fetch_all(&mut connection).await.expect("the migrations can be read");
    let found: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let released = [(1, "CHECKSUM1"), (2, "CHECKSUM2"), (3, "CHECKSUM3"), (4, "CHECKSUM4")];
    assert_eq!(found, released.map(|(version, checksum)| (version, checksum.to_owned())));
}

#[tokio::test]
async fn texts_are_kept_as_json_and_not_as_jsonb() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let columns = "select table_name || '.' || column_name from information_schema.columns
                    where table_schema = 'eventsource' and data_type = $1 order by 1";
    let mut of_type = async |data_type: &str| -> Vec<String> {
        let columns = sqlx::query_scalar(AssertSqlSafe(columns)).bind(data_type.to_owned());
        columns.fetch_all(&mut connection).await.expect("the columns can be listed")
    };
    assert_eq!(of_type("json").await, ["events.metadata", "events.payload", "snapshots.state"]);
    assert_eq!(of_type("jsonb").await, [""; 0]);
}
