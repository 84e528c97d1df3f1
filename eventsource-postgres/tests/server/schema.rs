//! The schema: concurrent migrations, and refusal of a schema that is not that of this version.

mod notices;
mod objects;

use std::{fs, path::Path};

use eventsource_core::{
    EventId, Position,
    store::{EventStore, ImportEvent, LogFilter, ProjectionStore},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{
    MigrateError, OpenError, PostgresStore, SchemaError,
    sqlx::migrate::{Migration, MigrationType, Migrator},
};
use sqlx::{AssertSqlSafe, Row, SqlSafeStr, SqlStr};

use crate::support::{append_to, append_with_sql, connect, database, open, run, stored, stream};

/// The applied migrations, as `version name checksum`.
async fn migrations(url: &str) -> Vec<String> {
    let query = sqlx::query(
        "select version || ' ' || description || ' ' || encode(checksum, 'hex'), success
           from eventsource._migrations order by version",
    );
    let rows = query.fetch_all(&mut connect(url).await).await.expect("the table of migrations");
    assert!(rows.iter().all(|row| row.get::<bool, _>(1)), "all succeeded");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The errors of `connect` and `migrate` for a database whose schema was changed.
async fn schema_errors_after(change: &str) -> (SchemaError, Option<SchemaError>) {
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
async fn concurrent_migrations_succeed() {
    let database = TestDatabase::create();
    let migrating: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move { PostgresStore::migrate(&url).await })
        })
        .collect();
    for migrating in migrating {
        migrating.await.expect("an end").expect("one task migrates, the others find the schema");
    }
    open(database.url()).await.append(append_to("a")).await.expect("appended");
}

#[tokio::test]
async fn a_second_migration_changes_nothing() {
    let database = database().await;
    open(database.url()).await.append(append_to("a")).await.expect("appended");
    let before = (migrations(database.url()).await, stored(database.url()).await);
    PostgresStore::migrate(database.url()).await.expect("migrated again");
    assert_eq!((migrations(database.url()).await, stored(database.url()).await), before);
}

/// The migrations in the folder, in order.
fn files() -> Vec<Migration> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let paths = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "sql")).collect();
    paths.sort();
    let files = paths.iter().map(|path| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let (number, name) = name.split_once('_').expect("a number and a name");
        let text = AssertSqlSafe(fs::read_to_string(path).expect("a text")).into_sql_str();
        let number = number.parse().expect("a number");
        Migration::new(number, name.to_owned().into(), MigrationType::Simple, text, false)
    });
    files.collect()
}

#[tokio::test]
async fn every_migration_in_the_folder_is_applied() {
    let line = |file: &Migration| {
        let checksum: String = file.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{} {} {checksum}", file.version, file.description)
    };
    let files: Vec<_> = files().iter().map(line).collect();
    assert_eq!(migrations(database().await.url()).await, files);
}

/// A database with the first migrations only, as of an earlier release, and one event in it.
async fn database_with_migrations(count: usize) -> TestDatabase {
    let database = TestDatabase::create();
    let mut connection = connect(database.url()).await;
    let mut migrator = Migrator::with_migrations(files().into_iter().take(count).collect());
    migrator.dangerous_set_table_name("eventsource._migrations");
    migrator.create_schema("eventsource");
    migrator.run(&mut connection).await.expect("migrated");
    let can_append = "select exists (select from pg_proc where proname = 'append'
                                        and pronamespace = 'eventsource'::regnamespace)";
    let can_append: bool =
        sqlx::query_scalar(can_append).fetch_one(&mut connection).await.expect("an answer");
    if can_append {
        append_with_sql(&mut connection, "a").await.expect("appended");
    } else {
        run(
            &mut connection,
            "insert into eventsource.events
             values (nextval('eventsource.event_position'), 'account', 'a', 1, gen_random_uuid(), 'account.noted', 1,
                     '{}', '{}', null, null, now())",
        )
        .await;
    }
    database
}

/// The definitions of tables, constraints, indexes and functions.
async fn objects(url: &str) -> Vec<String> {
    let objects = "
        select t.oid::regclass || ' ' || a.attnum || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
          from pg_class t join pg_attribute a on a.attrelid = t.oid
         where t.relnamespace = 'eventsource'::regnamespace and t.relkind in ('r', 'S') and a.attnum > 0
        union all
        select t.oid::regclass || ' ' || coalesce(t.relacl::text, '') || ' ' || coalesce(t.reloptions::text, '')
          from pg_class t where t.relnamespace = 'eventsource'::regnamespace and t.relkind in ('r', 'S')
        union all
        select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
          from pg_constraint where connamespace = 'eventsource'::regnamespace
        union all
        select indexdef from pg_indexes where schemaname = 'eventsource'
        union all
        select pg_get_functiondef(oid) || ' ' || coalesce(proacl::text, '')
          from pg_proc where pronamespace = 'eventsource'::regnamespace
        order by 1";
    sqlx::query_scalar(objects).fetch_all(&mut connect(url).await).await.expect("the catalogs can be read")
}

/// The upgrades that exist before the first release. Each release adds its own; see CONTRIBUTING.md.
#[tokio::test]
async fn a_database_with_the_first_migrations_can_be_migrated_and_used() {
    let fresh = objects(database().await.url()).await;
    assert!(fresh.iter().any(|object| object.contains("FUNCTION eventsource.append")), "{fresh:?}");
    for count in 1..files().len() {
        let database = database_with_migrations(count).await;
        let refused = PostgresStore::connect(database.url()).await.expect_err("refused");
        assert!(
            matches!(refused, OpenError::Schema(SchemaError::Older { .. })),
            "{refused:?} with {count} migrations"
        );
        PostgresStore::migrate(database.url()).await.expect("migrated");
        assert_eq!(objects(database.url()).await, fresh, "after the first {count} migrations");

        let store = open(database.url()).await;
        store.append(append_to("a")).await.expect("appended");
        let imported =
            ImportEvent::raw(stream("b"), "account.noted", 1, "{}").expect("JSON").id(EventId::new());
        assert_eq!(store.import(&[imported]).await.expect("imported").stored, 1);
        let page = store.read_log(Position::START, &LogFilter::all(), 9).await.expect("the log");
        let found: Vec<_> = page
            .events
            .iter()
            .map(|event| (event.context.stream.id().to_owned(), event.context.version.get()))
            .collect();
        assert_eq!(
            found,
            [("a".to_owned(), 1), ("a".to_owned(), 2), ("b".to_owned(), 1)],
            "after the first {count} migrations"
        );
        assert_eq!(page.horizon.get(), 3, "after the first {count} migrations");
        assert_eq!(store.generations().await.expect("no generation").len(), 0);
        store.close().await;
    }
}

#[tokio::test]
async fn a_database_without_the_schema_is_refused() {
    let database = TestDatabase::create();
    let error = PostgresStore::connect(database.url()).await.expect_err("there is no schema");
    assert!(matches!(error, OpenError::Schema(SchemaError::Absent)), "{error:?}");
    assert!(error.to_string().contains("run `PostgresStore::migrate` once"), "{error}");
    // A schema without tables, and one without applied migrations.
    for begun in [
        "create schema eventsource",
        "create table eventsource._migrations (version bigint, success bool, checksum bytea)",
    ] {
        run(&mut connect(database.url()).await, begun).await;
        let error = PostgresStore::connect(database.url()).await.expect_err("there is no schema");
        assert!(matches!(error, OpenError::Schema(SchemaError::Absent)), "{error:?} after {begun}");
    }
}

#[tokio::test]
async fn an_older_schema_is_refused_until_it_is_migrated() {
    let undo = "drop function eventsource.grant_to, eventsource.grant_import_to, eventsource.grant_read_to,
                    eventsource.grant_operate_to, eventsource.revoke_from,
                    eventsource.grant_functions;
                delete from eventsource._migrations where version = 9";
    let (opened, migrated) = schema_errors_after(undo).await;
    assert_eq!(opened, SchemaError::Older { found: 8, wanted: 9 });
    assert!(opened.to_string().contains("has 8 of 9 migrations; run `PostgresStore::migrate`"), "{opened}");
    assert_eq!(migrated, None);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let add = "insert into eventsource._migrations (version, description, success, checksum, execution_time)
               values (99, 'of a later version', true, '', 0)";
    let (opened, migrated) = schema_errors_after(add).await;
    assert_eq!(opened, SchemaError::Newer { version: 99 });
    assert!(
        opened.to_string().contains("migration 99 is unknown here; deploy the version that applied it"),
        "{opened}"
    );
    assert_eq!(migrated, Some(opened));
}

#[tokio::test]
async fn a_modified_schema_is_refused() {
    let (opened, migrated) =
        schema_errors_after("update eventsource._migrations set checksum = '' where version = 2").await;
    assert_eq!(opened, SchemaError::Modified { version: 2 });
    assert!(
        opened.to_string().contains("migration 2 in the database differs from that of this program"),
        "{opened}"
    );
    assert_eq!(migrated, Some(opened));
}

#[tokio::test]
async fn an_unfinished_schema_is_refused() {
    let (opened, migrated) =
        schema_errors_after("update eventsource._migrations set success = false where version = 3").await;
    assert_eq!(opened, SchemaError::Unfinished { version: 3 });
    assert!(opened.to_string().contains("migration 3 did not complete; restore the schema"), "{opened}");
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
    let count: i64 = sqlx::query_scalar("select count(*) from public.events")
        .fetch_one(&mut connection)
        .await
        .expect("a count");
    assert_eq!(count, 0);
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
async fn a_url_that_is_not_of_a_postgres_server_is_refused() {
    for url in ["", "localhost", "mysql://localhost/db", "postgres://localhost:port/db"] {
        let opened = PostgresStore::connect(url).await.expect_err("refused");
        assert!(matches!(opened, OpenError::Url(_)), "{url}: {opened:?}");
        assert!(opened.to_string().contains("postgres://user:password@host:port/database"), "{opened}");
        let migrated = PostgresStore::migrate(url).await.expect_err("refused");
        assert!(matches!(migrated, MigrateError::Url(_)), "{url}: {migrated:?}");
    }
}

#[tokio::test]
async fn json_is_stored_as_json_and_not_as_jsonb() {
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
        [
            "checkpoints.stopped",
            "events.metadata",
            "events.payload",
            "generations.event_types",
            "outcomes.content",
            "snapshots.state",
            "timers.data",
            "workers.supports"
        ]
    );
    assert_eq!(of_type("jsonb").await, [""; 0]);
}
