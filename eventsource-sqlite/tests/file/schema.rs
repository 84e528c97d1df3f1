//! The schema: created concurrently, recognised, migrated, and refused if this version does not support it.

use std::{fs, path::Path};

use eventsource::{
    Position,
    store::{EventStore, ProjectionStore},
};
use eventsource_sql::statement;
use eventsource_sqlite::{
    OpenError, SchemaError, SqliteStore,
    sqlx::migrate::{Migration, MigrationType},
};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::support::{append_to, connect, contents, directory, log_after, open, run};

/// The applied migrations, as `version name checksum`.
async fn migrations(path: &Path) -> Vec<String> {
    let query = sqlx::query_scalar(
        "select version || ' ' || name || ' ' || lower(hex(checksum)) from eventsource_migrations order by version",
    );
    let mut connection = connect(path).await;
    let made = query.fetch_all(&mut connection).await.expect("the table of migrations");
    connection.close().await.expect("closed");
    made
}

/// The migrations in the folder, in order.
fn files() -> Vec<Migration> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let paths = fs::read_dir(folder).expect("the migrations").map(|entry| entry.expect("a file").path());
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

fn checksum(migration: &Migration) -> String {
    migration.checksum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The number of migrations of this version.
fn known() -> usize {
    files().len()
}

async fn number(path: &Path, sql: &'static str) -> i64 {
    let mut connection = connect(path).await;
    let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number");
    connection.close().await.expect("closed");
    number
}

/// The error of opening a file whose schema was changed.
async fn refused_after(change: String) -> SchemaError {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    run(&path, change.clone()).await;
    let before = contents(directory.path());
    let opened = SqliteStore::open(&path).await;
    let Err(OpenError::Schema(error)) = opened else { panic!("{opened:?} after {change}") };
    assert!(contents(directory.path()) == before, "the file has changed");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_may_create_a_file_concurrently() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let opening: Vec<_> = (0..8)
        .map(|n| {
            let path = path.clone();
            tokio::spawn(async move { open(&path).await.append(append_to(n)).await })
        })
        .collect();
    for opening in opening {
        opening.await.expect("an end").expect("created by one task, and found by the others");
    }
    assert_eq!(log_after(&open(&path).await, Position::START).await.len(), 8);
}

#[tokio::test]
async fn a_file_records_its_application_id_and_its_migrations() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    assert_eq!(number(&path, "pragma application_id").await, 0x4576_5372);
    assert_eq!(number(&path, "pragma user_version").await, i64::try_from(known()).expect("few"));
    let line = |file: &Migration| format!("{} {} {}", file.version, file.description, checksum(file));
    let files: Vec<_> = files().iter().map(line).collect();
    assert_eq!(migrations(&path).await, files);
    // Opening it again changes nothing.
    let before = contents(directory.path());
    open(&path).await.close().await;
    assert!(contents(directory.path()) == before);
}

/// Creates the file that a program with only the first migrations would leave, with one event in it.
async fn create_with_first_migrations(count: usize, path: &Path) {
    let mut made = String::from("pragma journal_mode = wal; begin; pragma application_id = 1165382514;");
    made.push_str(statement!("../../src/sql/schema.sql", "migrations_table"));
    made.push(';');
    for file in files().iter().take(count) {
        let (text, number, name) = (file.sql.as_str(), file.version, &file.description);
        let checksum = checksum(file);
        made.push_str(&format!(
            "{text}; insert into eventsource_migrations values ({number}, '{name}', x'{checksum}', 0);"
        ));
    }
    made.push_str(&format!(
        "pragma user_version = {count};
         insert into eventsource_events
         values (1, 'account', 'a', 1, randomblob(16), 'account.noted', 1, '{{}}', '{{}}', null, null, 0); commit"
    ));
    run(path, made).await;
}

/// Every object in the file, as its definition.
async fn objects(path: &Path) -> Vec<String> {
    let mut connection = connect(path).await;
    let query = sqlx::query_scalar("select sql from sqlite_schema where sql is not null order by 1");
    let objects = query.fetch_all(&mut connection).await.expect("the schema can be read");
    connection.close().await.expect("closed");
    objects
}

/// The upgrades that exist before the first release. Each release adds its own; see CONTRIBUTING.md.
#[tokio::test]
async fn a_file_with_the_first_migrations_is_migrated_and_works() {
    let directory = directory();
    let fresh = directory.path().join("fresh.db");
    open(&fresh).await.close().await;
    let fresh = objects(&fresh).await;
    assert!(fresh.iter().any(|object| object.contains("TABLE eventsource_events")), "{fresh:?}");
    assert!(known() > 1);
    for count in 1..known() {
        let path = directory.path().join(format!("{count}.db"));
        create_with_first_migrations(count, &path).await;
        let store = open(&path).await;
        store.append(append_to("a")).await.expect("appended");
        let log = log_after(&store, Position::START).await;
        assert_eq!(
            log.iter().map(|event| event.context.version.get()).collect::<Vec<_>>(),
            [1, 2],
            "of {count}"
        );
        assert_eq!(store.generations().await.expect("no generation").len(), 0);
        store.close().await;
        assert_eq!(migrations(&path).await.len(), known());
        assert_eq!(objects(&path).await, fresh, "after the first {count}");
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let error = refused_after("pragma user_version = 99".to_owned()).await;
    assert_eq!(error, SchemaError::Newer { found: 99, known: u32::try_from(known()).expect("few") });
    assert!(error.to_string().contains("use the version that made it"), "{error}");
}

#[tokio::test]
async fn a_migration_that_was_changed_is_refused() {
    let change = "update eventsource_migrations set checksum = x'00' where version = 1";
    let error = refused_after(change.to_owned()).await;
    assert_eq!(error, SchemaError::Modified { version: 1 });
    assert!(error.to_string().contains("use the program that created the file"), "{error}");
    let change = "delete from eventsource_migrations where version = 1";
    assert_eq!(refused_after(change.to_owned()).await, SchemaError::Modified { version: 1 });
}

#[tokio::test]
async fn a_schema_that_was_changed_after_its_migration_is_refused() {
    for (change, named) in [
        ("drop index eventsource_events_event_id", "missing or different: index eventsource_events_event_id"),
        ("drop trigger eventsource_events_are_not_deleted", "trigger eventsource_events_are_not_deleted"),
        ("drop table eventsource_snapshots", "missing or different: table eventsource_snapshots"),
        (
            "alter table eventsource_snapshots add column more text",
            "missing or different: table eventsource_snapshots",
        ),
        (
            "create trigger rewriting after insert on eventsource_events
             begin insert into eventsource_snapshots select 'a', 'a', 1, randomblob(16), 1, '', '', 0; end",
            "unexpected: trigger rewriting",
        ),
        ("create unique index mine on eventsource_events (recorded_at)", "unexpected: index mine"),
        (
            "create trigger ignoring before insert on EventSource_Events begin select raise(ignore); end",
            "unexpected: trigger ignoring",
        ),
    ] {
        let SchemaError::Changed { changes } = refused_after(change.to_owned()).await else {
            panic!("another error after {change}");
        };
        assert!(changes.iter().any(|line| line.contains(named)), "{changes:?} after {change}");
    }
}

/// Indexes that are not unique, statistics, and the tables of the application are for the operator to choose.
#[tokio::test]
async fn what_an_operator_may_change_is_not_refused() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    let changes =
        "create index mine on eventsource_events (recorded_at); create table own (n integer primary key);
                   create trigger of_own after insert on own begin delete from own where n < 7; end;
                   create unique index of_mine on own (n); analyze; vacuum";
    run(&path, changes).await;
    open(&path).await.append(append_to("a")).await.expect("appended");
}
