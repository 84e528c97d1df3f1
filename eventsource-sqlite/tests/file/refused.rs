//! What is stored can be read, and is not changed accidentally, whichever program writes to the file.

use std::{error::Error, iter::successors, path::Path};

use eventsource::{
    Position, Version,
    store::{Direction, EventStore, LogFilter, StoreError},
};
use sqlx::{AssertSqlSafe, Connection};

use crate::support::{append_to, connect, directory, open, run, stream};

/// The values of an event, as SQL expressions, with some of them replaced.
fn values(changed: &[(&str, &str)]) -> String {
    let columns = [
        ("position", "(select coalesce(max(position), 0) + 1 from eventsource_events)"),
        ("category", "'account'"),
        ("stream_id", "'a'"),
        ("version", "(select coalesce(max(version), 0) + 1 from eventsource_events)"),
        ("event_id", "randomblob(16)"),
        ("event_type", "'account.noted'"),
        ("schema_version", "1"),
        ("payload", "'{}'"),
        ("metadata", "'{}'"),
        ("correlation_id", "null"),
        ("causation_id", "null"),
        ("recorded_at", "0"),
    ];
    let values = columns.map(|(name, valid)| {
        changed.iter().find(|(changed, _)| *changed == name).map_or(valid, |(_, value)| *value)
    });
    format!("insert into eventsource_events values ({})", values.join(", "))
}

/// The error of a statement, if it fails.
async fn error_of(path: &Path, sql: &str) -> Option<String> {
    let mut connection = connect(path).await;
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    connection.close().await.expect("closed");
    outcome.err().map(|error| error.to_string())
}

#[tokio::test]
async fn an_event_that_no_reader_takes_is_not_stored() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    for refused in [
        ("metadata", "'[]'"),
        ("metadata", r#"'{"a": 5}'"#),
        ("metadata", r#"'{"a": null}'"#),
        ("metadata", r#"'{"a": "b", "c": {}}'"#),
        ("metadata", r#"'{"a": ["b"]}'"#),
        ("metadata", r#"'"a"'"#),
        ("metadata", "'{'"),
        ("metadata", r#"'{a: "b"}'"#),
        ("metadata", r#"'{"a": "\ud800"}'"#),
        ("metadata", r#"'{"\uDC00": "b"}'"#),
        ("metadata", r#"'{"a": "\\\ud800"}'"#),
        ("category", "''"),
        ("category", "'a' || char(0)"),
        ("category", "printf('%.*c', 129, 'x')"),
        ("category", "replace(printf('%.*c', 65, 'x'), 'x', 'é')"),
        ("stream_id", "''"),
        ("stream_id", "char(0)"),
        ("stream_id", "printf('%.*c', 100000, 'x')"),
        ("event_type", "''"),
        ("event_type", "printf('%.*c', 257, 'x')"),
        ("schema_version", "0"),
        ("schema_version", "2147483648"),
        ("payload", "''"),
        ("payload", "printf('%.*c', 67108865, '1')"),
        ("correlation_id", "x'00'"),
        ("recorded_at", "253402300800000000"),
        ("recorded_at", "-62135596800000001"),
    ] {
        let error = error_of(&path, &values(&[refused])).await;
        assert!(error.is_some(), "{refused:?} was stored");
    }
    let accepted = [
        ("metadata", r#"' { "a" :"b" , "c": "" } '"#),
        ("metadata", r#"'{"a": "\u0000 \\ud800 \"\n", "\"\\": "{\"x\": 5}", "ü🦀": "🦀"}'"#),
        ("metadata", r#"'{"a": "\\\\ud800", "": ":"}'"#),
        ("category", "replace(printf('%.*c', 64, 'x'), 'x', 'é')"),
        ("stream_id", "printf('%.*c', 1024, 'x')"),
        ("event_type", "printf('%.*c', 256, 'x')"),
        ("recorded_at", "253402300799999999"),
        ("recorded_at", "-62135596800000000"),
    ];
    for values in accepted.map(|accepted| values(&[accepted])) {
        run(&path, values).await;
    }
    let page =
        store.read_log(Position::START, &LogFilter::all(), 100).await.expect("every event can be read");
    assert_eq!(page.events.len(), accepted.len());
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_wherever_it_is_met() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    store.append(append_to("a")).await.expect("appended");
    // SQLite stores bytes that are not UTF-8 as a text.
    run(&path, values(&[("stream_id", "'b'"), ("version", "1"), ("payload", "cast(x'ff' as text)")])).await;
    let forward = Direction::Forward { after: Version::EMPTY };
    let mut visitor = |_, _: eventsource::event::StoredEvent<'_>| std::ops::ControlFlow::Continue(());
    let errors = [
        (store.read_log(Position::START, &LogFilter::all(), 9).await.expect_err("the second event"), true),
        (store.read_stream(&stream("b"), forward, 9).await.expect_err("its stream"), true),
        (store.stored_types(9).await.expect_err("a sample"), true),
        (store.read_history(&stream("b"), Version::EMPTY, &mut visitor).await.expect_err("a load"), false),
    ];
    for (error, knows_position) in errors {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        let chain = successors(Some(&error as &(dyn Error + 'static)), |&error| error.source())
            .map(ToString::to_string);
        let chain = chain.collect::<Vec<_>>().join(": ");
        assert!(chain.contains("version 1 of account/b") && chain.contains("account.noted"), "{chain}");
        assert_eq!(chain.contains("position 2"), knows_position, "{chain}");
    }
}

#[tokio::test]
async fn events_cannot_be_changed_accidentally() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let store = open(&path).await;
    store.append(append_to("a")).await.expect("appended");
    for (sql, named) in [
        ("update eventsource_events set payload = '1'", "eventsource_events_are_not_updated"),
        ("delete from eventsource_events", "eventsource_events_are_not_deleted"),
        ("delete from eventsource_events where position = 1", "eventsource_events_are_not_deleted"),
    ] {
        let error = error_of(&path, sql).await.expect("refused");
        assert!(error.contains(named), "{error}");
    }
    // Each copy has the position, the version or the id of the stored event, and its other values are free.
    for (position, version, id) in
        [("position", "2", "zeroblob(16)"), ("2", "version", "zeroblob(16)"), ("2", "2", "event_id")]
    {
        let sql = format!(
            "insert or replace into eventsource_events
             select {position}, category, stream_id, {version}, {id}, event_type, schema_version, '7', metadata,
                    correlation_id, causation_id, recorded_at
               from eventsource_events"
        );
        let error = error_of(&path, &sql).await.expect("refused");
        assert!(error.contains("events are not replaced"), "{error}");
    }
    // A deliberate change, as the documentation of the file says.
    let mut connection = connect(&path).await;
    let trigger = "select sql from sqlite_schema where name = 'eventsource_events_are_not_deleted'";
    let trigger: String = sqlx::query_scalar(trigger).fetch_one(&mut connection).await.expect("its text");
    connection.close().await.expect("closed");
    let delete = "drop trigger eventsource_events_are_not_deleted; delete from eventsource_events;";
    run(&path, format!("begin immediate; {delete} {trigger}; commit")).await;
    assert_eq!(store.append(append_to("a")).await.expect("appended").remove(0).version, Version::new(1));
    store.close().await;
    open(&path).await.close().await;
}
