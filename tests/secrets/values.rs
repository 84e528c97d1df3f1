//! Values of payloads that cannot be decoded.

use std::{error::Error, sync::Arc};

use eventsource::{
    Metadata, OnFailure, Position,
    postgres::PostgresStore,
    prelude::*,
    sqlite::SqliteStore,
    store::{Append, EventStore, ExpectedVersion, ImportEvent, NewEvent, StopReason},
};
use eventsource_conformance::waiting::in_time;
use eventsource_harness::TestDatabase;
use serde_json::value::RawValue;

use super::{
    bank::{Account, AccountEvent, Failing},
    logs::{Logs, chain, printed},
};

const SECRET: &str = "value-4711-hunter2";

/// Payloads with the secret in a place where it cannot be decoded, and what the error says instead.
fn broken() -> [(&'static str, String, &'static str); 6] {
    let opened = |owner: &str, kind: &str, since: &str| {
        format!(r#"{{"owner":"{owner}","kind":{kind},"since":"{since}"}}"#)
    };
    let (id, time) = ("0198c5f0-0000-7000-8000-000000000000", "2026-01-02T03:04:05Z");
    [
        (
            "account.deposited",
            format!(r#"{{"amount":"{SECRET}"}}"#),
            "broken at `amount`: invalid type: string, expected i64 at line 1 column 30",
        ),
        (
            "account.deposited",
            format!(r#"["{SECRET}"]"#),
            "broken at `[0]`: invalid type: string, expected i64 at line 1 column 21",
        ),
        (
            "account.opened",
            opened(id, &format!(r#""{SECRET}""#), time),
            "broken at `kind`: unknown variant, expected `Private` or `Business`",
        ),
        (
            "account.opened",
            opened(SECRET, r#""Private""#, time),
            "broken at `owner`: its type refuses the value",
        ),
        (
            "account.opened",
            opened(id, r#""Private""#, SECRET),
            "broken at `since`: invalid value: string, expected a time as in RFC 3339",
        ),
        (
            "account.opened",
            opened(id, &format!(r#"{{"Business":{{"number":["{SECRET}"]}}}}"#), time),
            "broken at `kind.Business.number`: invalid type: sequence, expected u32",
        ),
    ]
}

fn raw(event_type: &'static str, payload: String) -> NewEvent {
    NewEvent {
        id: eventsource::EventId::new(),
        event_type: event_type.into(),
        schema_version: 1,
        payload: RawValue::from_string(payload).expect("JSON"),
        metadata: Metadata::new(),
    }
}

#[track_caller]
fn assert_hidden(shown: impl AsRef<str>) {
    assert!(!shown.as_ref().contains(SECRET), "{}", shown.as_ref());
}

async fn assert_no_value_in_errors_of(store: impl EventStore) {
    let es = EventSource::new(store);
    for (index, (event_type, payload, expected)) in broken().into_iter().enumerate() {
        let id = format!("a{index}");
        let stream = StreamId::new("account", &id).expect("valid");
        let append = Append::to(stream, ExpectedVersion::Any, vec![raw(event_type, payload)]);
        assert_hidden(format!("{append:?} {append:#?}"));
        es.store().append(append).await.expect("appended");
        let error = es.load::<Account>(&id).await.expect_err("it cannot be decoded");
        assert!(chain(&error).contains(expected), "{}", chain(&error));
        assert_hidden(printed(&error));
        let history = es.store().read_log(Position::START, &eventsource::store::LogFilter::all(), 99).await;
        let event = history.expect("the log").events.pop().expect("the event");
        let error = event.decode::<AccountEvent>().err().expect("it cannot be decoded");
        assert_hidden(printed(&error));
    }
    let report = es.check_schemas::<AccountEvent>().await.expect("checked");
    assert!(!report.is_decodable());
    assert_hidden(format!("{report} {report:?} {report:#?}"));
}

#[tokio::test]
async fn no_error_in_memory_shows_a_value_of_a_payload() {
    assert_no_value_in_errors_of(MemoryStore::new()).await;
}

#[tokio::test]
async fn no_error_on_postgres_shows_a_value_of_a_payload() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    assert_no_value_in_errors_of(PostgresStore::connect(database.url()).await.expect("connected")).await;
}

#[tokio::test]
async fn no_error_on_sqlite_shows_a_value_of_a_payload() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_no_value_in_errors_of(SqliteStore::open(folder.path().join("bank.db")).await.expect("opened"))
        .await;
}

#[tokio::test]
async fn no_log_line_reason_of_a_stop_or_status_shows_a_value_of_a_payload() {
    let logs = Logs::of_the_process();
    for (event_type, payload, expected) in broken() {
        let es = EventSource::builder(Arc::new(MemoryStore::new()))
            .projection(Failing { then: OnFailure::Park })
            .build();
        let stream = StreamId::new("account", "a").expect("valid");
        let append = Append::to(stream, ExpectedVersion::Any, vec![raw(event_type, payload)]);
        es.store().append(append).await.expect("appended");
        let mut workers = es.start().await.expect("started");
        let stopped = in_time("the projection to stop", workers.stopped()).await;
        assert!(matches!(stopped.reason, StopReason::Undecodable { .. }), "{stopped:?}");
        assert!(stopped.to_string().contains(expected), "{stopped}");
        assert_hidden(format!("{stopped} {stopped:?} {}", printed(&stopped)));
        let status = es.status().await.expect("the status");
        assert_hidden(format!("{} {status:?}", status.projections[0].state));
        workers.shutdown().await.expect("ended");
    }
    let lines = logs.lines();
    assert!(lines.iter().any(|line| line.starts_with("ERROR") && line.contains("`kind`")), "{lines:#?}");
    lines.iter().for_each(assert_hidden);
}

#[test]
fn a_payload_that_is_not_json_is_not_shown() {
    let stream = StreamId::new("account", "a").expect("valid");
    let error = ImportEvent::raw(stream, "account.deposited", 1, SECRET).expect_err("not JSON");
    assert!(error.source().is_some());
    assert_hidden(printed(&error));
}
