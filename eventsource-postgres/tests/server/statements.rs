//! The statements: each file can be prepared, says what it is, and uses the index it names.

use std::{fs, path::Path};

use sqlx::{AssertSqlSafe, Executor, PgConnection, SqlSafeStr};

use eventsource_core::store::{Append, EventStore, ExpectedVersion, StreamAppend};

use crate::support::{connect, database, event, open, run, stream};

fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the statements are there")
        .map(|file| {
            let path = file.expect("the folder can be read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("the statement can be read"))
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_statement_can_be_prepared_and_says_what_it_is() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let files = files();
    assert!(files.len() >= 14, "{} files", files.len());
    for (name, sql) in files {
        for part in ["Binds:", "Index:", "Isolation:"] {
            assert!(sql.contains(part), "{name} has no {part}");
        }
        let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
        prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// The plan of a statement with these arguments, as it is kept for any arguments.
async fn generic_plan(connection: &mut PgConnection, file: &str, arguments: &str) -> String {
    let (_, sql) = files().into_iter().find(|(name, _)| name == file).expect("the file is there");
    run(connection, format!("deallocate all; prepare the_statement as {sql}")).await;
    let explain = format!("explain execute the_statement ({arguments})");
    let lines = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(connection).await.expect(file);
    let lines: Vec<String> = lines.iter().map(|line| sqlx::Row::get(line, 0)).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hot_statements_use_the_index_they_name() {
    let database = database().await;
    let store = open(database.url()).await;
    for chunk in 0..10 {
        let parts = (0..100).map(|id| StreamAppend {
            stream: stream(chunk * 100 + id),
            expected: ExpectedVersion::NoStream,
            events: (0..20).map(|_| event()).collect(),
        });
        let append = Append { streams: parts.collect(), idempotency_key: Some(format!("chunk {chunk}")) };
        store.append(append).await.expect("appends");
    }
    let mut connection = connect(database.url()).await;
    run(&mut connection, "analyze; set plan_cache_mode = force_generic_plan").await;
    for (file, arguments, index) in [
        ("read_stream_forward.sql", "'account', '7', 0, 1000", "Index Scan using events_stream_version_key"),
        (
            "read_stream_backward.sql",
            "'account', '7', 9, 1",
            "Index Scan Backward using events_stream_version_key",
        ),
        ("read_log.sql", "100, 200, null, 50", "Index Scan using events_pkey"),
        ("find_receipt.sql", "'account', '7', 'chunk 0'", "idempotency_keys_pkey"),
        ("used_event_id.sql", "array[gen_random_uuid()]", "events_event_id_key"),
        ("events_at.sql", "array[1, 2, 3]", "events_pkey"),
    ] {
        let plan = generic_plan(&mut connection, file, arguments).await;
        assert!(plan.contains(index), "{file} does not use {index}:\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{file} reads the whole table:\n{plan}");
    }
}
