//! The schema: made by many at once, recognised, and refused where it is not the one of this version.

use eventsource_core::store::EventStore;
use eventsource_harness::TestDatabase;
use eventsource_postgres::{
    MigrateError, OpenError, PostgresStore, SchemaError,
    sqlx::migrate::{Migration, MigrationType, Migrator},
};
use sqlx::{AssertSqlSafe, Row, SqlStr};

use crate::support::{append_to, connect, database, open, run, stored};

/// The migrations that were made, as `version name checksum`.
async fn migrations(url: &str) -> Vec<String> {
    let query = sqlx::query(
        "select version || ' ' || description || ' ' || encode(checksum, 'hex'), success
           from eventsource._migrations order by version",
    );
    let rows = query.fetch_all(&mut connect(url).await).await.expect("the table of migrations");
    assert!(rows.iter().all(|row| row.get::<bool, _>(1)), "all succeeded");
    rows.iter().map(|row| row.get(0)).collect()
}

/// What the store says of a database whose schema somebody has changed.
async fn refused_after(change: &str) -> (SchemaError, Option<SchemaError>) {
    let database = database().await;
    run(&mut connect(database.url()).await, change).await;
    let opened = PostgresStore::connect(database.url()).await;
    let Err(OpenError::Schema(opened)) = opened else { panic!("{opened:?} after {change}") };
    let migrated = match PostgresStore::migrate(database.url()).await {
        Ok(()) => None,
        Err(MigrateError::Schema(error)) => Some(error),
        Err(error) => panic!("{error:?} after {change}"),
    };
    (opened, migrated)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_migrate_at_once() {
    let database = TestDatabase::create();
    let migrating: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move { PostgresStore::migrate(&url).await })
        })
        .collect();
    for migrating in migrating {
        migrating.await.expect("an end").expect("migrated by one, and found by the others");
    }
    open(database.url()).await.append(append_to("a")).await.expect("appended");
}

#[tokio::test]
async fn to_migrate_twice_changes_nothing() {
    let database = database().await;
    open(database.url()).await.append(append_to("a")).await.expect("appended");
    let before = (migrations(database.url()).await, stored(database.url()).await);
    PostgresStore::migrate(database.url()).await.expect("migrated again");
    assert_eq!((migrations(database.url()).await, stored(database.url()).await), before);
}

/// A migration that was released is never edited, or databases that have it would be refused: add another one,
/// and its line here.
#[tokio::test]
async fn a_released_migration_is_never_edited() {
    assert_eq!(migrations(database().await.url()).await, PINNED);
}

const PINNED: [&str; 11] = [
    "1 events 87be1af33bb5f4ad904ad99b270a3a071bbce5ff7408ffca85f156749b8775754c12d78e7f7414312f814772bcb8732d",
    "2 append 1be03042905feda31f36334dc06144f5927b45d29521dd085dd870b1232171119101bcde4d46b27d10556cd07fba5914",
    "3 horizon cc9afc52d19645a797cabfaf9b537482254de2e19d5e43a90c57b0154f95e3b9c92ad7ab28e3782111ff5049f415fcde",
    "4 grants b61888640d2063b5748193961cb9ab6627b4286ee2e3f563fd7a658c61507bde6e8e290d1fdc63f8c17a0e0ba781fed6",
    "5 projections e21b7dc0089cb0b4e99d8f73bc6ad20112a35d4341906a6f6261055640981ab7fa3b564d23464ddfbc4f6a2a379e3f13",
    "6 inline 99e89bf671488edb1414bc0b7391c84b335d1cfe79970d5e1e8929e3756bdc6f066ff6539ccd78f6e3af046cb706204a",
    "7 exchange deb7aa910c957291740dd6b991f9f60eaa5bb26ad8bd9b4277cd8888a54b8643dd5f9a9543946c5303b98ede2cffbd32",
    "8 projection_grants b9ebca89040a7b539dc1108c232aec983a01d7f9a91b56cee58c88fef372c812bb60088353e9750009945ef39bc81699",
    "9 last_event 64281aaf67d9698537abcf87b8a8eec8004449ef9e77df82e0ccc40b32e6c21d07e63235d8bd3b39f4313b2da477bead",
    "10 append_together a82cca9615b0c1051f2c9170707a51475ae080c54d3452ba0bc6148f157a2453e7df1bdb4f6f2baee22749944712d54d",
    "11 import 5fc4998aeb42d2296fd2ffc321abb14cd158af62e58da2d46eddb3db1953561df1c5797535d678551a7740b2264fac5a",
];

#[tokio::test]
async fn a_database_without_the_schema_is_refused() {
    let database = TestDatabase::create();
    let error = PostgresStore::connect(database.url()).await.expect_err("nothing is there");
    assert!(matches!(error, OpenError::Schema(SchemaError::Absent)), "{error:?}");
    assert!(error.to_string().contains("run `PostgresStore::migrate` once"), "{error}");
    // Begun, or emptied by hand.
    for begun in [
        "create schema eventsource",
        "create table eventsource._migrations (version bigint, success bool, checksum bytea)",
    ] {
        run(&mut connect(database.url()).await, begun).await;
        let error = PostgresStore::connect(database.url()).await.expect_err("nothing is there");
        assert!(matches!(error, OpenError::Schema(SchemaError::Absent)), "{error:?} after {begun}");
    }
}

#[tokio::test]
async fn an_older_schema_is_refused_until_it_is_migrated() {
    let undo = "delete from eventsource._migrations where version = 11";
    let (opened, migrated) = refused_after(undo).await;
    assert_eq!(opened, SchemaError::Older { found: 10, wanted: 11 });
    assert!(opened.to_string().contains("has 10 of 11 migrations; run `PostgresStore::migrate`"), "{opened}");
    assert_eq!(migrated, None);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let add = "insert into eventsource._migrations (version, description, success, checksum, execution_time)
               values (99, 'of a later version', true, '', 0)";
    let (opened, migrated) = refused_after(add).await;
    assert_eq!(opened, SchemaError::Newer { version: 99 });
    assert!(
        opened.to_string().contains("migration 99 is unknown here; deploy the version that made it"),
        "{opened}"
    );
    assert_eq!(migrated, Some(opened));
}

#[tokio::test]
async fn a_modified_schema_is_refused() {
    let (opened, migrated) =
        refused_after("update eventsource._migrations set checksum = '' where version = 2").await;
    assert_eq!(opened, SchemaError::Modified { version: 2 });
    assert!(
        opened.to_string().contains("migration 2 in the database is not the one of this program"),
        "{opened}"
    );
    assert_eq!(migrated, Some(opened));
}

#[tokio::test]
async fn an_unfinished_schema_is_refused() {
    let (opened, migrated) =
        refused_after("update eventsource._migrations set success = false where version = 3").await;
    assert_eq!(opened, SchemaError::Unfinished { version: 3 });
    assert!(opened.to_string().contains("migration 3 was left unfinished; restore the schema"), "{opened}");
    assert_eq!(migrated, Some(opened));
}

#[tokio::test]
async fn the_migrations_and_tables_of_the_application_are_left_alone() {
    let database = TestDatabase::create();
    let migrator = || {
        let sql = "create table events (n int); create table snapshots (n int); create function append() returns int language sql as 'select 1'";
        Migrator::with_migrations(vec![Migration::new(
            1,
            "of the application".into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )])
    };
    let mut connection = connect(database.url()).await;
    migrator().run(&mut connection).await.expect("the application migrates");
    let applied = "select row(m.*)::text from public._sqlx_migrations m";
    let before: Vec<String> = sqlx::query_scalar(applied).fetch_all(&mut connection).await.expect("a table");
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let after: Vec<String> = sqlx::query_scalar(applied).fetch_all(&mut connection).await.expect("a table");
    assert_eq!((after, before.len()), (before, 1));
    migrator().run(&mut connection).await.expect("the application migrates again");
    open(database.url()).await.append(append_to("a")).await.expect("appended");
    assert_eq!(stored(database.url()).await.len(), 1);
    let theirs: i64 = sqlx::query_scalar("select count(*) from public.events")
        .fetch_one(&mut connection)
        .await
        .expect("a count");
    assert_eq!(theirs, 0);
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let database = TestDatabase::create();
    let name = format!("{}_ascii", database.name());
    let mut server = connect(database.server_url()).await;
    run(&mut server, format!("create database {name} template template0 encoding 'SQL_ASCII' locale 'C'"))
        .await;
    let url = database.url().replace(database.name(), &name);
    let migrated = PostgresStore::migrate(&url).await.expect_err("refused");
    let opened = PostgresStore::connect(&url).await.expect_err("refused");
    run(&mut server, format!("drop database {name} with (force)")).await;
    assert!(matches!(migrated, MigrateError::Server(_)), "{migrated:?}");
    assert!(matches!(opened, OpenError::Server(_)), "{opened:?}");
    for text in [migrated.to_string(), opened.to_string()] {
        assert!(
            text.contains("encoded as SQL_ASCII") && text.contains("create one with encoding UTF8"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_is_no_url_of_a_postgres_server_is_refused() {
    for url in ["", "localhost", "mysql://localhost/db", "postgres://localhost:port/db"] {
        let opened = PostgresStore::connect(url).await.expect_err("refused");
        assert!(matches!(opened, OpenError::Url(_)), "{url}: {opened:?}");
        assert!(opened.to_string().contains("postgres://user:password@host:port/database"), "{opened}");
        let migrated = PostgresStore::migrate(url).await.expect_err("refused");
        assert!(matches!(migrated, MigrateError::Url(_)), "{url}: {migrated:?}");
    }
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
    assert_eq!(
        of_type("json").await,
        ["checkpoints.stopped", "events.metadata", "events.payload", "snapshots.state", "workers.serves"]
    );
    assert_eq!(of_type("jsonb").await, [""; 0]);
}
