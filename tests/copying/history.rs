//! Histories to be copied, and comparisons of them.

use eventsource::{
    MemoryStore, Metadata, Position, RecordedEvent, StreamId, Version,
    store::{EventStore, ImportEvent, LogFilter},
};
use uuid::Uuid;

/// This many events, alternating between three streams, each with an id, a time and a note of its own.
pub(crate) async fn history(events: u64) -> MemoryStore {
    let store = MemoryStore::new();
    let events: Vec<_> = (0..events).map(event).collect();
    store.import(&events).await.unwrap();
    store
}

pub(crate) fn event(number: u64) -> ImportEvent {
    let stream = StreamId::new("account", format!("acc-{}", number % 3)).unwrap();
    let payload = format!("{{\"number\": {number}}}");
    ImportEvent::raw(stream, "account.counted", 1, payload)
        .unwrap()
        .id(Uuid::from_u128(u128::from(number) + 1))
        .version(Version::new(number / 3 + 1))
        .recorded_at("2011-09-30T22:38:44.546123Z".parse().unwrap())
        .metadata(Metadata { correlation_id: Some(Uuid::from_u128(7)), ..Metadata::new() })
        .entry("number", number.to_string())
}

/// All events of the log.
pub(crate) async fn log(store: &(impl EventStore + ?Sized)) -> Vec<RecordedEvent> {
    let mut log = Vec::new();
    loop {
        let after = log.last().map_or(Position::START, |event: &RecordedEvent| event.context.position);
        let page = store.read_log(after, &LogFilter::all(), usize::MAX).await.unwrap();
        if page.events.is_empty() {
            return log;
        }
        log.extend(page.events);
    }
}

/// All parts of the events except the positions, as text.
pub(crate) async fn texts(store: &(impl EventStore + ?Sized)) -> Vec<String> {
    let text = |mut event: RecordedEvent| {
        event.context.position = Position::START;
        format!("{event:?}")
    };
    log(store).await.into_iter().map(text).collect()
}

/// Asserts that both stores hold the same history.
pub(crate) async fn assert_same(source: &(impl EventStore + ?Sized), target: &(impl EventStore + ?Sized)) {
    let (ours, theirs) = (texts(source).await, texts(target).await);
    assert_eq!(ours.len(), theirs.len());
    assert!(ours == theirs, "they differ");
}
