//! A copy equals its source.

use std::sync::Mutex;

use eventsource::{
    EventId, MemoryStore, Metadata, Position, StreamId, Version,
    history::{CopyStep, copy},
    store::{Append, EventStore, ExpectedVersion, ImportEvent, NewEvent},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    history::{assert_same, event, history, log, texts},
    twisted::Twisted,
};

#[tokio::test]
async fn a_history_is_copied_unchanged_whatever_the_size_of_the_chunks() {
    let from = history(100).await;
    for chunk in [0, 1, 7, 99, 100, 5_000] {
        let to = Twisted::default();
        let copied = copy(&from, &to).chunk(chunk).await.unwrap();
        assert_same(&from, &to).await;
        assert_eq!((copied.events, copied.streams, copied.stored), (100, 3, 100));
        assert_eq!((copied.until, copied.position), (Position::new(100), Position::new(100)));
        assert_eq!(to.imports(), 100_usize.div_ceil(chunk.max(1)));
    }
}

#[tokio::test]
async fn unusual_parts_of_an_event_stay_unchanged() {
    let from = MemoryStore::new();
    let payloads = [
        r#"{ "b":1e3,  "a":1.0, "a":"\u0000\ud83e\udd80ü" }"#,
        "null",
        "\"\"",
        "123456789012345678901234567890",
    ];
    let ids = ["o'brien@example.org", "ü\u{1F980} \"/\\\n", "%"];
    let mut events = Vec::new();
    for (version, payload) in (1..).zip(payloads) {
        for id in ids {
            let stream = StreamId::new("ca/te gory", id).unwrap();
            let metadata = Metadata {
                correlation_id: Some(Uuid::from_u128(1)),
                causation_id: Some(Uuid::from_u128(2)),
                traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap()),
                ..Metadata::new().with("ü", "\"\n").with("", "")
            };
            let event = ImportEvent::raw(stream, "an old type", 4_711, payload).unwrap();
            let event = event.id(EventId::new()).version(Version::new(version)).metadata(metadata);
            events.push(event.recorded_at("0001-09-30T22:38:44.546123Z".parse().unwrap()));
        }
    }
    from.import(&events).await.unwrap();
    let to = MemoryStore::new();
    copy(&from, &to).chunk(5).await.unwrap();
    assert_same(&from, &to).await;
    let payload = log(&to).await[0].payload().to_owned();
    assert_eq!(payload, payloads[0]);
}

#[tokio::test]
async fn an_empty_history_is_copied_into_an_empty_store() {
    let to = Twisted::default();
    let copied = copy(&MemoryStore::new(), &to).await.unwrap();
    assert_eq!((copied.events, copied.streams, copied.stored), (0, 0, 0));
    assert_eq!((copied.until, copied.position), (Position::START, Position::START));
    assert_eq!(to.imports(), 0);
}

#[tokio::test]
async fn payloads_of_ten_megabytes_are_copied() {
    let from = MemoryStore::new();
    for number in 0..5 {
        let mut large = event(number);
        large.event.payload = RawValue::from_string(format!("\"{}\"", "x".repeat(10 << 20))).unwrap();
        from.import(&[large]).await.unwrap();
    }
    let to = Twisted::default();
    let copied = copy(&from, &to).await.unwrap();
    assert_eq!(copied.stored, 5);
    assert_eq!(to.imports(), 5, "each is larger than a page");
    assert!(texts(&from).await == texts(&to).await);
}

#[tokio::test]
async fn the_progress_reports_the_step_and_its_position() {
    let from = history(10).await;
    let to = Twisted::default();
    let told = Mutex::new(Vec::new());
    let copying = copy(&from, &to).chunk(4);
    copying
        .with_progress(|so_far| {
            assert_eq!(so_far.until, Position::new(10));
            assert_eq!(so_far.events, so_far.position.get());
            told.lock().unwrap().push((so_far.step, so_far.events));
        })
        .await
        .unwrap();
    use CopyStep::{Comparing, Storing, Verifying};
    let first = [(Storing, 4), (Storing, 8), (Storing, 10), (Verifying, 4), (Verifying, 8), (Verifying, 10)];
    assert_eq!(*told.lock().unwrap(), first);

    told.lock().unwrap().clear();
    let copying = copy(&from, &to).chunk(5);
    copying.with_progress(|so_far| told.lock().unwrap().push((so_far.step, so_far.events))).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(Comparing, 5), (Comparing, 10)]);
}

#[tokio::test]
async fn an_append_that_is_repeated_after_the_move_is_recognised() {
    let new = NewEvent {
        id: EventId::new(),
        event_type: "account.counted".into(),
        schema_version: 1,
        payload: RawValue::NULL.to_owned(),
        metadata: Metadata::new(),
    };
    let stream = StreamId::new("account", "acc-1").unwrap();
    let append = || Append::to(stream.clone(), ExpectedVersion::NoStream, vec![new.clone()]);
    let from = MemoryStore::new();
    let first = from.append(append()).await.unwrap();
    let to = MemoryStore::new();
    copy(&from, &to).await.unwrap();
    let again = to.append(append()).await.unwrap();
    assert!(again[0].repeated && again[0].version == first[0].version);
    assert_eq!(log(&to).await.len(), 1);
}
