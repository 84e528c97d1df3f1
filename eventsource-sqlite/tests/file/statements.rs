//! Every SQL statement: it can be prepared, its header is complete, and it uses the index that it names.

use std::{fs, path::Path};

use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr, SqliteConnection};

use crate::support::{connect, directory, open};

/// The name and text of each statement.
fn statements() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of statements") {
        let file = fs::read_to_string(entry.expect("a file").path()).expect("a text");
        all.extend(file.split("\n-- name: ").skip(1).map(|statement| {
            let (name, text) = statement.split_once('\n').expect("a text below the name");
            (name.to_owned(), text.to_owned())
        }));
    }
    all.sort();
    all
}

fn header(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("--"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    let mut connection = connect(&path).await;
    let statements = statements();
    assert!(!statements.is_empty());
    for (name, text) in statements {
        let prepared = connection.prepare(AssertSqlSafe(text).into_sql_str()).await;
        prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_statement_says_what_it_binds_and_which_index_and_isolation_it_relies_on() {
    for (name, text) in statements() {
        let header = header(&text);
        for part in ["Binds: ", "Index: ", "Isolation: "] {
            assert!(header.contains(part), "the header of {name} lacks {part}");
        }
        let (purpose, _) = header.split_once("Binds:").unwrap_or_default();
        assert!(purpose.trim().ends_with('.'), "the header of {name} has no purpose: {purpose:?}");
        let body: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        assert!(!body.contains(';'), "{name} is one statement");
    }
}

async fn plan(connection: &mut SqliteConnection, name: &str) -> String {
    let (_, text) = statements().into_iter().find(|(it, _)| it == name).expect("a statement");
    let explain = AssertSqlSafe(format!("explain query plan {text}"));
    let rows = sqlx::query(explain).fetch_all(connection).await.expect("a plan");
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn hot_statements_use_an_index() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    let mut connection = connect(&path).await;
    let stream = "eventsource_events_stream (category=? AND stream_id=?";
    for (name, expected) in [
        ("lookup", stream),
        ("lookup", "COVERING INDEX eventsource_events_stream"),
        ("lookup", "eventsource_events_event_id (event_id=?)"),
        ("lookup", "SEARCH kept USING PRIMARY KEY (category=? AND stream_id=? AND key=?)"),
        ("lookup", "INDEX eventsource_generations_inline"),
        ("read_stream_forward", stream),
        ("read_stream_backward", stream),
        ("read_log", "SEARCH eventsource_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("read_log_selected", "SEARCH eventsource_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("events_at", "SEARCH eventsource_events USING INTEGER PRIMARY KEY (rowid=?)"),
        ("find_receipt", "USING PRIMARY KEY (category=? AND stream_id=? AND key=?)"),
        (
            "load_snapshot",
            "SEARCH s USING INDEX sqlite_autoindex_eventsource_snapshots_1 (category=? AND stream_id=?)",
        ),
        ("load_snapshot", "SEARCH e USING INDEX eventsource_events_event_id (event_id=?)"),
        ("save_snapshot", "SEARCH e USING INDEX eventsource_events_event_id (event_id=?)"),
        ("horizon", "SEARCH eventsource_events"),
        ("events_by_id", "eventsource_events_event_id (event_id=?)"),
        ("read_correlated", "eventsource_events_event_id (event_id=?)"),
        ("read_correlated", "eventsource_events_correlation (correlation_id=? AND rowid>?)"),
        ("enter", "SEARCH c USING PRIMARY KEY (generation=? AND partition=?)"),
        ("advance", "PRIMARY KEY (generation=? AND partition=?)"),
        ("claim", "PRIMARY KEY (generation=? AND partition=?)"),
        ("claim_stopped", "PRIMARY KEY (generation=? AND partition=?)"),
        ("objects", "PRIMARY KEY (generation=?)"),
        ("beat", "PRIMARY KEY (worker=?)"),
        ("timers", "INDEX eventsource_timers_due (generation=? AND (due_at,key,name)>(?,?,?) AND due_at<?)"),
        (
            "timers_of_partition",
            "eventsource_timers_partition (generation=? AND partition=? AND (due_at,key,name)>(?,?,?) AND due_at<?)",
        ),
        (
            "fire_timers",
            "SEARCH t USING INDEX sqlite_autoindex_eventsource_timers_1 (generation=? AND key=? AND name=?)",
        ),
        ("clear_timers", "INDEX sqlite_autoindex_eventsource_timers_1 (generation=? AND key=?)"),
        (
            "cancel_timers",
            "SEARCH t USING COVERING INDEX sqlite_autoindex_eventsource_timers_1 (generation=? AND key=? AND name=?)",
        ),
        ("has_timer", "sqlite_autoindex_eventsource_timers_1 (generation=? AND key=? AND name=?)"),
        ("ignore_inputs", "PRIMARY KEY (generation=? AND key=?)"),
        ("held_among", "SEARCH i USING PRIMARY KEY (generation=? AND key=?)"),
        ("instances", "INDEX eventsource_instances_start (generation=?"),
        ("instance", "PRIMARY KEY (generation=? AND key=?)"),
        ("suspended_instances", "INDEX eventsource_instances_suspended (generation=? AND partition=?)"),
        ("outcome", "sqlite_autoindex_eventsource_outcomes_1 (consumer=? AND id=?)"),
        ("purge_outcomes", "eventsource_outcomes_kept (consumer=? AND kept_at<?)"),
        ("purge_keys", "eventsource_idempotency_keys_used_at (used_at<?)"),
    ] {
        let plan = plan(&mut connection, name).await;
        assert!(plan.contains(expected), "{name} does not use {expected}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{name} sorts:\n{plan}");
    }
}
