//! Control characters of ids and names, which could forge a line of a log or control a terminal.

use std::sync::Arc;

use eventsource::{
    Metadata, OnFailure,
    prelude::*,
    projections::ParkedRetry,
    store::{
        Append, AppendError, EventStore, ExpectedVersion, ImportEvent, NewEvent, Request, StopReason,
        StreamAppend,
    },
};
use eventsource_conformance::waiting::{followed, in_time};
use serde_json::value::RawValue;

use super::{
    bank::{Account, AccountEvent, Deposit, Failing},
    logs::{Logs, chain},
};

/// A line of a log, a sequence for a terminal, and characters that separate lines or turn a text around.
const FORGED: &str = "forged\n2026-01-02 INFO paid\r\u{1b}[2J\u{9b}\u{2028}\u{202e}\u{2066}";

/// The same as it is shown.
const SHOWN: &str = "forged\\n2026-01-02 INFO paid\\r\\u{1b}[2J\\u{9b}\\u{2028}\\u{202e}\\u{2066}";

#[track_caller]
fn assert_escaped(shown: impl AsRef<str>) {
    let shown = shown.as_ref();
    let is_control = |char: char| {
        char.is_control()
            || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!shown.contains(is_control), "{shown:?}");
}

/// Shown without control characters, and not left out.
#[track_caller]
fn assert_shown(shown: impl AsRef<str>) {
    assert_escaped(&shown);
    assert!(shown.as_ref().contains(SHOWN), "{:?}", shown.as_ref());
}

fn stream() -> StreamId {
    StreamId::new("account", FORGED).expect("valid")
}

fn raw(event_type: &str, payload: &str) -> NewEvent {
    NewEvent {
        id: eventsource::EventId::new(),
        event_type: event_type.to_owned().into(),
        schema_version: 1,
        payload: RawValue::from_string(payload.to_owned()).expect("JSON"),
        metadata: Metadata::new(),
    }
}

fn append(events: Vec<NewEvent>) -> Append {
    Append::to(stream(), ExpectedVersion::Exact(Version::EMPTY), events)
}

#[tokio::test]
async fn errors_show_ids_without_control_characters() {
    let es = EventSource::new(MemoryStore::new());
    let store = es.store();
    store.append(append(vec![raw("account.deposited", "{}")])).await.expect("appended");
    assert_shown(chain(&es.load::<Account>(FORGED).await.expect_err("it cannot be decoded")));
    assert_shown(chain(&es.execute(Deposit(FORGED, 1)).await.expect_err("it cannot be loaded")));
    let conflict = store.append(append(vec![raw("account.deposited", "{}")])).await.expect_err("conflict");
    assert!(matches!(conflict, AppendError::Conflict { .. }));
    assert_shown(chain(&conflict));
    let part = || StreamAppend { stream: stream(), expected: ExpectedVersion::Any, events: Vec::new() };
    let twice = Append { streams: vec![part(), part()], ..append(Vec::new()) };
    assert_shown(chain(&store.append(twice).await.expect_err("refused")));
    let key =
        Append::to(StreamId::new("account", "b").expect("valid"), ExpectedVersion::Any, vec![raw("x", "{}")]);
    store.append(key.with_idempotency_key(FORGED)).await.expect("appended");
    let other = append(Vec::new());
    let other = Append {
        streams: vec![
            part(),
            StreamAppend { stream: StreamId::new("account", "b").expect("valid"), ..part() },
        ],
        ..other
    };
    assert_shown(chain(&store.append(other.with_idempotency_key(FORGED)).await.expect_err("refused")));
    let import = ImportEvent::raw(stream(), "x", 1, "{}").expect("JSON").version(Version::new(9));
    assert_shown(chain(
        &es.import().from("test").events([Ok::<_, std::io::Error>(import)]).await.expect_err("a gap"),
    ));
    assert_shown(Request::new(FORGED).to_string());
    assert_escaped(StreamId::new("account", format!("{FORGED}\0")).expect_err("a NUL").to_string());
}

#[tokio::test]
async fn errors_show_event_types_without_control_characters() {
    let es = EventSource::new(MemoryStore::new());
    es.store().append(append(vec![raw(FORGED, "{}")])).await.expect("appended");
    assert_shown(chain(&es.load::<Account>(FORGED).await.expect_err("an unknown type")));
    let report = es.check_schemas::<AccountEvent>().await.expect("checked").to_string();
    report.lines().for_each(assert_shown);
    assert_eq!(report.lines().count(), 1);
    assert_shown(chain(&ImportEvent::raw(stream(), FORGED, 1, "{").expect_err("not JSON")));
}

#[tokio::test]
async fn paths_show_the_keys_of_maps_without_control_characters() {
    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "notes")]
    enum Notes {
        Counted { by_author: std::collections::BTreeMap<String, u32> },
    }
    let es = EventSource::new(MemoryStore::new());
    let payload = serde_json::json!({ "by_author": { FORGED: "many" } }).to_string();
    let stream = StreamId::new("notes", "a").expect("valid");
    let append = Append::to(stream, ExpectedVersion::Any, vec![raw("notes.counted", &payload)]);
    es.store().append(append).await.expect("appended");
    let page = es
        .store()
        .read_log(Position::START, &eventsource::store::LogFilter::all(), 9)
        .await
        .expect("the log");
    let event = page.events.into_iter().next().expect("the event");
    assert_shown(chain(&event.decode::<Notes>().err().expect("it cannot be decoded")));
}

#[tokio::test]
async fn the_reason_of_a_stop_shows_ids_without_control_characters() {
    let logs = Logs::of_the_process();
    let es = EventSource::builder(Arc::new(MemoryStore::new()))
        .projection(Failing { then: OnFailure::Stop })
        .build();
    es.execute(Deposit(FORGED, 1)).await.expect("accepted");
    let mut workers = es.start().await.expect("started");
    let stopped = in_time("the projection to stop", workers.stopped()).await;
    assert!(matches!(stopped.reason, StopReason::Failed { .. }), "{stopped:?}");
    assert_shown(stopped.to_string());
    let status = es.status().await.expect("the status");
    assert_shown(status.projections[0].state.to_string());
    assert_escaped(status.projections[0].last_error.as_deref().unwrap_or_default());
    workers.shutdown().await.expect("ended");

    // An event of a newer program.
    let es = EventSource::builder(Arc::new(MemoryStore::new()))
        .projection(Failing { then: OnFailure::Stop })
        .build();
    es.store().append(append(vec![raw(FORGED, "{}")])).await.expect("appended");
    let mut workers = es.start().await.expect("started");
    let stopped = in_time("the projection to stop", workers.stopped()).await;
    assert!(matches!(stopped.reason, StopReason::NeedsNewerProgram { .. }), "{stopped:?}");
    assert_shown(stopped.to_string());
    workers.shutdown().await.expect("ended");
    assert!(
        logs.lines().iter().any(|line| line.starts_with("ERROR") && line.contains(SHOWN)),
        "{:#?}",
        logs.lines()
    );
    logs.lines().iter().for_each(assert_escaped);
}

#[tokio::test]
async fn parked_events_are_shown_without_control_characters() {
    let logs = Logs::of_the_process();
    let es = EventSource::builder(Arc::new(MemoryStore::new()))
        .projection(Failing { then: OnFailure::Park })
        .build();
    let receipt = es.execute(Deposit(FORGED, 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    followed(&es, "failing", receipt.position).await;
    // The key is what the application passes on, so it is not escaped.
    let key = format!("account/{FORGED}");
    let parked = es.parked("failing").await.expect("parked").events;
    assert_eq!(parked[0].key, key);
    assert_shown(parked[0].error.as_deref().expect("an error"));
    let again = es.retry_parked("failing", &key).await.expect("tried");
    let ParkedRetry::FailedAgain { event } = again else { panic!("{again:?}") };
    assert_shown(event.error.as_deref().expect("an error"));
    assert_escaped(chain(&es.retry_parked("failing", &format!("{key}\n")).await.expect_err("no such key")));
    workers.shutdown().await.expect("ended");
    let again = |line: &String| line.contains("a parked event failed again") && line.contains(SHOWN);
    assert!(logs.lines().iter().any(again), "{:#?}", logs.lines());
    logs.lines().iter().for_each(assert_escaped);
}
