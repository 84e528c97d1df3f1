//! Targets that a copy refuses, and histories that cannot be copied.

use std::sync::Arc;

use eventsource::{
    RecordedEvent,
    history::{CopyError, copy},
    prelude::*,
    projections::ProjectionState,
    store::{EventStore, ImportError, ImportEvent},
};
use eventsource_conformance::waiting::followed;
use serde_json::value::RawValue;
use tokio::task::yield_now;
use uuid::Uuid;

use crate::{
    growing::Growing,
    history::{event, history, log, texts},
    twisted::Twisted,
};

/// The error of copying ten events into a store that holds these events. The store stays unchanged.
async fn refusal(there: Vec<ImportEvent>) -> CopyError {
    let (from, to) = (history(10).await, Twisted::default());
    to.store.import(&there).await.unwrap();
    let before = (texts(&from).await, texts(&to).await);
    let error = copy(&from, &to).chunk(4).await.unwrap_err();
    assert_eq!((texts(&from).await, texts(&to).await), before);
    assert_eq!(to.imports(), 0);
    assert!(!error.is_retryable());
    error
}

fn foreign() -> ImportEvent {
    let stream = StreamId::new("order", "o-1").unwrap();
    ImportEvent::raw(stream, "order.placed", 1, "{}").unwrap().id(Uuid::from_u128(4_711))
}

#[tokio::test]
async fn a_target_with_other_events_is_refused() {
    let error = refusal(vec![foreign()]).await;
    assert_eq!(
        error.to_string(),
        "the target holds another history: where the source has `account.counted` v1 at account/acc-0 version 1 \
         (position 1), id 00000000-0000-0000-0000-000000000001, the target has `order.placed` v1 at order/o-1 version \
         1 (position 1), id 00000000-0000-0000-0000-000000001267; copy into an empty store, or into one that was \
         copied from this source and not used since"
    );
}

#[tokio::test]
async fn a_target_that_continues_differently_is_refused() {
    for at in 1..9 {
        let there = (0..at).map(event).chain([foreign()]).collect();
        let CopyError::OtherHistory { difference } = refusal(there).await else { panic!("{at}") };
        assert_eq!(difference.source.unwrap().position.get(), at + 1);
        assert_eq!(difference.target.unwrap().stream.category(), "order");
    }
}

#[tokio::test]
async fn a_target_that_has_the_events_in_another_order_is_refused() {
    let there = [1, 0, 2].into_iter().map(event).collect();
    assert!(matches!(refusal(there).await, CopyError::OtherHistory { .. }));
}

#[tokio::test]
async fn a_target_that_lacks_an_event_in_the_middle_is_refused() {
    let there = [0, 1, 2, 3, 5].into_iter().map(event).collect();
    let CopyError::OtherHistory { difference } = refusal(there).await else { panic!("not refused") };
    assert_eq!(difference.source.unwrap().position.get(), 5);
}

#[tokio::test]
async fn a_target_with_the_same_event_but_other_contents_is_refused() {
    type Change = fn(&mut ImportEvent);
    let changes: [(&str, Change); 5] = [
        ("type", |event| event.event.event_type = "account.discounted".into()),
        ("schema version", |event| event.event.schema_version = 2),
        ("payload", |event| event.event.payload = RawValue::NULL.to_owned()),
        ("metadata", |event| event.event.metadata.causation_id = Some(Uuid::nil())),
        ("time", |event| event.recorded_at = Some("2011-09-30T22:38:44.546124Z".parse().unwrap())),
    ];
    for (part, change) in changes {
        let mut there: Vec<_> = (0..6).map(event).collect();
        change(&mut there[4]);
        let CopyError::OtherHistory { difference } = refusal(there).await else { panic!("{part}") };
        assert_eq!(difference.differ_in, Some(part));
        let text = difference.to_string();
        let expected = format!(
            "`account.counted` v1 at account/acc-1 version 2 (position 5) has another {part} in the target"
        );
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_target_that_was_used_since_is_ahead() {
    for more in [vec![event(10)], vec![foreign(), event(10)]] {
        let error = refusal((0..10).map(event).chain(more).collect()).await;
        let CopyError::Ahead { event } = &error else { panic!("{error}") };
        assert_eq!(event.position.get(), 11);
        assert!(
            error.to_string().contains("the target is ahead of the source: it continues with"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn nothing_is_copied_from_an_empty_store_into_one_that_is_not() {
    let to = history(3).await;
    let error = copy(&MemoryStore::new(), &to).await.unwrap_err();
    assert!(matches!(error, CopyError::Ahead { event } if event.position.get() == 1));
}

#[tokio::test]
async fn an_event_that_the_target_refuses_is_named() {
    let from = history(10).await;
    // Another program writes to the target meanwhile.
    let chunk = |events: &[ImportEvent]| {
        let mut chunk = events.to_vec();
        if chunk.iter().any(|it| it.event.id == event(5).event.id) {
            chunk.retain(|it| it.event.id != event(5).event.id);
        }
        chunk
    };
    let to = Twisted { chunk: Some(Box::new(chunk)), ..Twisted::default() };
    let error = copy(&from, &to).chunk(3).await.unwrap_err();
    assert_eq!(error.to_string(), "the target refused the `account.counted` at account/acc-2 version 3");
    assert!(matches!(error, CopyError::Refused { .. }) && !error.is_retryable());
    assert_eq!(log(&to).await.len(), 5, "the earlier chunks remain");
}

#[tokio::test]
async fn a_damaged_event_of_the_source_is_named() {
    let page = |events: &mut Vec<RecordedEvent>| {
        for event in events.iter_mut().filter(|event| event.context.position.get() == 7) {
            event.event = "{".into();
        }
    };
    let from = Twisted { page: Some(Box::new(page)), ..Twisted::of(history(10).await) };
    let to = MemoryStore::new();
    let error = copy(&from, &to).chunk(3).await.unwrap_err();
    assert!(matches!(&error, CopyError::Unreadable { event, .. } if event.position.get() == 7), "{error}");
    assert_eq!(log(&to).await.len(), 6);
}

#[tokio::test]
async fn a_target_without_an_import_is_refused() {
    let error = copy(&history(1).await, &Growing(MemoryStore::new())).await.unwrap_err();
    assert!(matches!(error, CopyError::Import(ImportError::Unsupported)), "{error}");
}

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Counted { number: i64 },
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "numbers")]
struct Number {
    #[read_model(key)]
    account: String,
    number: i64,
}

impl Fold<AccountEvent> for Number {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Counted { number } = event.event;
        Change::Put(Self { account: event.aggregate_id().to_owned(), number })
    }
}

#[tokio::test]
async fn a_target_with_inline_projections_says_what_to_do() {
    let es = EventSource::builder(Arc::new(MemoryStore::new())).inline(Number::projection()).build();
    let workers = es.start().await.unwrap();
    while es.status().await.unwrap().live("numbers").is_none_or(|it| it.state != ProjectionState::Inline) {
        yield_now().await;
    }
    let from = history(3).await;
    let error = copy(&from, es.store()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "an import does not update inline projections: numbers; call `demote` for each, and they follow the \
         log until a program that registers them inline starts again"
    );
    es.demote("numbers").await.unwrap();
    let copied = copy(&from, es.store()).await.unwrap();
    followed(&es, "numbers", copied.position).await;
    assert_eq!(es.all::<Number>().await.unwrap().len(), 3);
    workers.shutdown().await.unwrap();
}
