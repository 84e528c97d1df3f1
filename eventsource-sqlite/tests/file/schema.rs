//! The schema: made by many at once, recognised, brought up to date, and refused where it is not the one of this
//! version.

use std::path::Path;

use eventsource_core::{Position, store::EventStore};
use eventsource_sqlite::{
    OpenError, SchemaError, SqliteStore,
    sqlx::migrate::{Migration, MigrationType},
};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::support::{append_to, connect, contents, directory, log_after, open, run};

const FIRST: &str = include_str!("../../migrations/0001_events.sql");

/// The migrations, with their checksums. Once released, a migration is never changed: a file that has it would be
/// refused.
const PINNED: [&str; 2] = [
    "1 events 7a805dd9c554154b56423f1eba38e1df6527ddf63291f937bd9a9887a15b05300548c85ccd0b3e8a9829dc2f13bca71a",
    "2 projections f9d70541838f22922c7dc7b4fa7a7dac353b7879cb14d6ddddea697cc5bcd0198ee72ffaa48f9a5fc62e8dca6b47eca6",
];

/// The migrations that were made, as `version name checksum`.
async fn migrations(path: &Path) -> Vec<String> {
    let query = sqlx::query_scalar(
        "select version || ' ' || name || ' ' || lower(hex(checksum)) from eventsource_migrations order by version",
    );
    let mut connection = connect(path).await;
    let made = query.fetch_all(&mut connection).await.expect("the table of migrations");
    connection.close().await.expect("closed");
    made
}

/// How many migrations this version has.
fn known() -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    std::fs::read_dir(folder).expect("the migrations").count()
}

async fn number(path: &Path, sql: &'static str) -> i64 {
    let mut connection = connect(path).await;
    let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number");
    connection.close().await.expect("closed");
    number
}

/// What the store says of a file whose schema somebody has changed.
async fn refused_after(change: String) -> SchemaError {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    run(&path, change.clone()).await;
    let before = contents(directory.path());
    let opened = SqliteStore::open(&path).await;
    let Err(OpenError::Schema(error)) = opened else { panic!("{opened:?} after {change}") };
    assert!(contents(directory.path()) == before, "the file is not as it was");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_make_a_file_at_once() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let opening: Vec<_> = (0..8)
        .map(|n| {
            let path = path.clone();
            tokio::spawn(async move { open(&path).await.append(append_to(n)).await })
        })
        .collect();
    for opening in opening {
        opening.await.expect("an end").expect("made by one, and found by the others");
    }
    assert_eq!(log_after(&open(&path).await, Position::START).await.len(), 8);
}

#[tokio::test]
async fn a_file_says_whose_it_is_and_which_migrations_it_has() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    assert_eq!(number(&path, "pragma application_id").await, 0x4576_5372);
    assert_eq!(number(&path, "pragma user_version").await, i64::try_from(known()).expect("few"));
    assert_eq!(migrations(&path).await, PINNED);
    // To open it once more changes nothing.
    let before = contents(directory.path());
    open(&path).await.close().await;
    assert!(contents(directory.path()) == before);
}

#[tokio::test]
async fn a_file_of_an_older_version_is_brought_up_to_date() {
    let directory = directory();
    let path = directory.path().join("store.db");
    // As the first version made it, with an event.
    let first =
        Migration::new(1, "events".into(), MigrationType::Simple, AssertSqlSafe(FIRST).into_sql_str(), false);
    let checksum: String = first.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    let made = format!(
        "pragma journal_mode = wal; begin; pragma application_id = 1165382514; {}; {FIRST};
         insert into eventsource_migrations values (1, 'events', x'{checksum}', 0); pragma user_version = 1;
         insert into eventsource_events
         values (1, 'account', 'a', 1, randomblob(16), 'account.noted', 1, '{{}}', '{{}}', null, null, 0); commit",
        include_str!("../../src/sql/migrations_table.sql"),
    );
    run(&path, made).await;
    let store = open(&path).await;
    store.append(append_to("a")).await.expect("appended");
    let log = log_after(&store, Position::START).await;
    assert_eq!(log.iter().map(|event| event.version.get()).collect::<Vec<_>>(), [1, 2]);
    store.close().await;
    assert_eq!(migrations(&path).await.len(), known());
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
    assert_eq!(refused_after(change.to_owned()).await, SchemaError::Modified { version: 1 });
    let change = "delete from eventsource_migrations where version = 1";
    assert_eq!(refused_after(change.to_owned()).await, SchemaError::Modified { version: 1 });
}
