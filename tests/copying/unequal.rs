//! A target that does not store exactly the events that it was given is detected: one test for each fault.

use eventsource::{
    EventId, MemoryStore, RecordedEvent, StreamId, Version,
    history::{CopyError, HistoryDifference, UnequalStream, copy},
    store::{EventStore, ImportEvent},
};
use uuid::Uuid;

use crate::{
    history::{event, history, log},
    twisted::Twisted,
};

const EVENTS: u64 = 30;

/// The detected difference of a target.
struct Found {
    difference: HistoryDifference,
    streams: Vec<UnequalStream>,
    text: String,
}

impl Found {
    /// The streams, with the numbers of their events.
    fn streams(&self) -> Vec<(&str, u64, u64)> {
        self.streams.iter().map(|it| (it.stream.id(), it.source_events, it.target_events)).collect()
    }
}

async fn found(to: Twisted, chunk: usize) -> Found {
    let from = history(EVENTS).await;
    let error = copy(&from, &to).chunk(chunk).await.expect_err("it is not equal");
    let text = error.to_string();
    assert!(!error.is_retryable());
    assert!(text.starts_with("the copy differs from the source, do not use it: "), "{text}");
    match error {
        CopyError::Unequal { difference, streams } => Found { difference: *difference, streams, text },
        error => panic!("{error:?}"),
    }
}

/// The difference found if the log of the target reads differently, however many events are read at a time.
async fn reading(twist: fn(&mut Vec<RecordedEvent>)) -> Found {
    found(Twisted { page: Some(Box::new(twist)), ..Twisted::default() }, 1_000).await
}

/// The difference found if a chunk is stored differently.
async fn storing(twist: fn(&[ImportEvent]) -> Vec<ImportEvent>, chunk: usize) -> Found {
    found(Twisted { chunk: Some(Box::new(twist)), ..Twisted::default() }, chunk).await
}

/// Changes the event that is at position 14, if it was read.
fn change(events: &mut [RecordedEvent], change: impl FnOnce(&mut RecordedEvent)) {
    events
        .iter_mut()
        .find(|event| event.context.position.get() == 14)
        .into_iter()
        .for_each(change_with(change));
}

fn change_with<T>(change: impl FnOnce(T)) -> impl FnMut(T) {
    let mut change = Some(change);
    move |it| change.take().expect("one event")(it)
}

#[track_caller]
fn assert_part(found: &Found, part: &str) {
    assert_eq!(found.difference.differ_in, Some(part), "{}", found.text);
    assert_eq!(found.streams(), [("acc-1", 6, 6)], "from its fifth event on");
    assert!(found.text.ends_with("one stream differs: account/acc-1 (6 in the source, 6 in the target)"));
}

#[tokio::test]
async fn a_changed_payload_is_found() {
    let found = reading(|events| change(events, |it| it.event = "{\"number\":13}".into())).await;
    assert_part(&found, "payload");
}

#[tokio::test]
async fn a_changed_type_is_found() {
    let found = reading(|events| change(events, |it| it.context.event_type = "other".into())).await;
    assert_part(&found, "type");
}

#[tokio::test]
async fn a_changed_schema_version_is_found() {
    let found = reading(|events| change(events, |it| it.context.schema_version = 2)).await;
    assert_part(&found, "schema version");
}

#[tokio::test]
async fn changed_metadata_are_found() {
    let correlation: fn(&mut Vec<RecordedEvent>) =
        |events| change(events, |it| it.context.metadata.correlation_id = None);
    let causation: fn(&mut Vec<RecordedEvent>) =
        |events| change(events, |it| it.context.metadata.causation_id = Some(Uuid::nil()));
    let entries: fn(&mut Vec<RecordedEvent>) =
        |events| change(events, |it| it.context.metadata.entries.clear());
    for twist in [correlation, causation, entries] {
        assert_part(&reading(twist).await, "metadata");
    }
}

#[tokio::test]
async fn a_changed_time_is_found() {
    let found = reading(|events| {
        change(events, |it| it.context.recorded_at = "2011-09-30T22:38:44.546Z".parse().unwrap());
    });
    assert_part(&found.await, "time");
}

#[tokio::test]
async fn a_changed_id_is_found() {
    let found = reading(|events| change(events, |it| it.context.id = EventId::from(Uuid::nil()))).await;
    assert_eq!((found.difference.differ_in, found.streams()), (None, vec![("acc-1", 6, 6)]));
}

#[tokio::test]
async fn a_changed_version_is_found() {
    let found = reading(|events| change(events, |it| it.context.version = Version::new(4))).await;
    assert_eq!(found.streams(), [("acc-1", 6, 6)]);
}

#[tokio::test]
async fn an_event_in_another_stream_is_found() {
    let found = reading(|events| {
        change(events, |it| it.context.stream = StreamId::new("account", "acc-2").unwrap());
    });
    assert_eq!(found.await.streams(), [("acc-1", 6, 5), ("acc-2", 6, 7)]);
}

#[tokio::test]
async fn a_lost_event_is_found() {
    let found = reading(|events| events.retain(|event| event.context.position.get() != 14)).await;
    assert_eq!(found.streams(), [("acc-1", 6, 5)], "the others are the same, shifted by one position");
    assert_eq!(found.difference.source.as_ref().map(|event| event.position.get()), Some(14));
}

#[tokio::test]
async fn a_lost_beginning_is_found() {
    let found = reading(|events| events.retain(|event| event.context.position.get() != 1)).await;
    assert_eq!(found.streams(), [("acc-0", 10, 9)]);
}

#[tokio::test]
async fn a_lost_end_is_found() {
    let found = storing(|chunk| chunk[..chunk.len() - 1].to_vec(), 1_000).await;
    assert_eq!(found.streams(), [("acc-2", 1, 0)]);
    let text = "the source has `account.counted` v1 at account/acc-2 version 10 (position 30), and the target ends \
                before it";
    assert_eq!(found.difference.to_string(), text);
}

#[tokio::test]
async fn a_store_that_does_not_store_what_it_acknowledges_is_found() {
    let found = storing(|_| Vec::new(), 7).await;
    assert_eq!(found.streams(), [("acc-0", 10, 0), ("acc-1", 10, 0), ("acc-2", 10, 0)]);
}

#[tokio::test]
async fn an_event_that_is_there_twice_is_found() {
    let found = reading(|events| {
        if let Some(index) = events.iter().position(|event| event.context.position.get() == 14) {
            events.insert(index, events[index].clone());
        }
    });
    assert_eq!(found.await.streams(), [("acc-1", 5, 6)]);
}

#[tokio::test]
async fn a_foreign_event_is_found() {
    let with_foreign = |chunk: &[ImportEvent]| {
        let stream = StreamId::new("order", "o-1").unwrap();
        let foreign = ImportEvent::raw(stream, "order.placed", 1, "{}").unwrap();
        chunk.iter().cloned().chain([foreign]).collect()
    };
    let found = storing(with_foreign, 1_000).await;
    assert_eq!(found.streams(), [("o-1", 0, 1)]);
    assert!(found.difference.to_string().ends_with("and the source ends before it"), "{}", found.text);
    assert_eq!(storing(with_foreign, 8).await.streams(), [("o-1", 0, 4)], "one after each chunk");
}

#[tokio::test]
async fn two_streams_in_another_order_are_found() {
    let found = storing(
        |chunk| {
            let mut chunk = chunk.to_vec();
            chunk.swap(13, 14);
            chunk
        },
        1_000,
    );
    let found = found.await;
    assert_eq!(found.streams(), []);
    assert!(
        found.text.ends_with("; each stream is equal, but the order of the events differs"),
        "{}",
        found.text
    );
}

#[tokio::test]
async fn a_log_stream_by_stream_is_found() {
    let found = storing(
        |chunk| {
            let mut chunk = chunk.to_vec();
            chunk.sort_by(|a, b| a.stream.cmp(&b.stream));
            chunk
        },
        1_000,
    );
    assert_eq!(found.await.streams(), []);
}

#[tokio::test]
async fn two_events_of_a_stream_in_another_order_are_found() {
    let found = reading(|events| {
        if events.len() > 20 {
            events.swap(13, 16);
        }
    });
    assert_eq!(found.await.streams(), [("acc-1", 6, 6)]);
}

#[tokio::test]
async fn the_streams_that_are_not_equal_are_counted_up_to_a_limit() {
    let from = MemoryStore::new();
    let streams = 3 * CopyError::MAX_UNEQUAL as u64;
    let single = |number: u64| {
        let stream = StreamId::new("account", format!("acc-{number:05}")).unwrap();
        let mut event = event(number).version(Version::new(1));
        event.stream = stream;
        event
    };
    from.import(&(0..streams).map(single).collect::<Vec<_>>()).await.unwrap();
    for (unequal, text) in [
        (
            2,
            "2 streams differ: account/acc-00000 (1 in the source, 1 in the target), account/acc-00001 (1 in the source, 1 in the target)",
        ),
        (
            4,
            "4 streams differ: account/acc-00000 (1 in the source, 1 in the target), account/acc-00001 (1 in the source, 1 in the target), account/acc-00002 (1 in the source, 1 in the target), …",
        ),
        (
            streams,
            "1000 streams or more differ: account/acc-00000 (1 in the source, 1 in the target), account/acc-00001 (1 in the source, 1 in the target), account/acc-00002 (1 in the source, 1 in the target), …",
        ),
    ] {
        let page = move |events: &mut Vec<RecordedEvent>| {
            for event in events.iter_mut().filter(|event| event.context.position.get() <= unequal) {
                event.event = "null".into();
            }
        };
        let to = Twisted { page: Some(Box::new(page)), ..Twisted::default() };
        let error = copy(&from, &to).await.unwrap_err();
        assert!(error.to_string().ends_with(text), "{error}");
        let CopyError::Unequal { streams, .. } = error else { panic!("{error}") };
        assert_eq!(streams.len() as u64, unequal.min(CopyError::MAX_UNEQUAL as u64));
        assert_eq!(log(&to).await.len() as u64, 3_000);
    }
}
