//! How an event handler receives an event that was upcast into several.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use uuid::Uuid;

use super::HandlerConsumer;
use crate::{
    Decoded, Delivery, EventContext, EventHandler, EventId, EventSet, EventSource, EventType, MemoryStore,
    Metadata, Position, ProjectionError, Recorded, RecordedEvent, StoredEvent, StreamId, Timestamp,
    Undecodable, Version,
    projections::consumer::{Consumer, Share, Work, guarded_now, partition_of},
    schema::TypeSchema,
    store::StartAt,
};

/// One side of a transfer; both are stored as one event.
#[derive(Debug)]
struct Side(&'static str);

impl EventSet for Side {
    const TYPES: &'static [EventType] =
        &[EventType { name: "transfer", aliases: &[], category: "transfer", version: 1, writes: 1 }];
    const CATEGORIES: &'static [&'static str] = &["transfer"];

    fn decode(_: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        Ok(Decoded::Many(vec![Self("from"), Self("to")]))
    }

    fn schema() -> Vec<TypeSchema> {
        Vec::new()
    }
}

#[derive(Default)]
struct Mails {
    sent: Arc<Mutex<Vec<(&'static str, Uuid)>>>,
    panics: bool,
}

#[async_trait]
impl EventHandler for Mails {
    type Event = Side;
    const NAME: &'static str = "mails";

    fn key<'a>(&self, event: &'a Recorded<Side>) -> Option<Cow<'a, str>> {
        assert!(!self.panics || event.event.0 == "from", "the key function panics");
        Some(Cow::Borrowed(event.event.0))
    }

    async fn handle(&self, mail: Delivery<'_, Side>) -> Result<(), ProjectionError> {
        self.sent.lock().expect("no panic").push((mail.event.0, mail.idempotency_key));
        Ok(())
    }
}

fn transfer() -> RecordedEvent {
    let context = EventContext {
        stream: StreamId::new("transfer", "1").expect("an id"),
        version: Version::new(1),
        position: Position::new(1),
        id: EventId::new(),
        event_type: "transfer".into(),
        schema_version: 1,
        metadata: Metadata::default(),
        recorded_at: Timestamp::now(),
    };
    Recorded { context, event: "{}".into() }
}

fn work(mails: Mails) -> Box<dyn Work<MemoryStore>> {
    let engine = EventSource::new(MemoryStore::new()).projections;
    Arc::new(HandlerConsumer::new(mails, StartAt::Beginning)).work(&engine)
}

/// The mails sent by one partition of `of`, where one key is parked.
async fn sent(event: &RecordedEvent, partition: u32, of: u32, parked: &str) -> Vec<(&'static str, Uuid)> {
    let sent: Arc<Mutex<Vec<_>>> = Arc::default();
    let mut work = work(Mails { sent: Arc::clone(&sent), panics: false });
    let share = Share { partition, of, parked: &|key| key == parked };
    work.take(Cow::Borrowed(event), &share).expect("decoded");
    for job in work.jobs() {
        job.event.deliver().await.expect("sent");
    }
    std::mem::take(&mut *sent.lock().expect("no panic"))
}

#[tokio::test]
async fn each_event_that_was_upcast_from_one_stored_event_has_its_own_key_in_every_partition() {
    let event = transfer();
    let together = sent(&event, 0, 1, "").await;
    assert_eq!(together.iter().map(|(side, _)| *side).collect::<Vec<_>>(), ["from", "to"]);
    assert_ne!(together[0].1, together[1].1);
    let of = (2..).find(|of| partition_of("from", *of) != partition_of("to", *of)).expect("some");
    for (side, key) in &together {
        assert_eq!(sent(&event, partition_of(side, of), of, "").await, [(*side, *key)]);
    }
    assert_eq!(sent(&event, 0, 1, "from").await, together[1..], "while the other is parked");
}

#[test]
fn an_event_that_cannot_be_taken_is_not_taken_in_part() {
    let mut work = work(Mails { panics: true, ..Mails::default() });
    let share = Share { partition: 0, of: 1, parked: &|_| false };
    guarded_now(|| work.take(Cow::Owned(transfer()), &share)).expect_err("it panicked");
    assert_eq!(work.buffered().len(), 0);
}
