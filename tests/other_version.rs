//! A program that is rolled back warns of the version that is live: when it starts, and when it sees a swap.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    EventSet, EventSource, MemoryStore, Projection, ProjectionError, Recorded, WorkerOptions,
    event::{Decoded, EventType, StoredEvent, Undecodable},
    memory::MemoryTransaction,
    schema::TypeSchema,
};
use eventsource_conformance::waiting::wait_for;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[derive(Debug)]
struct Nothing;

impl EventSet for Nothing {
    const CATEGORIES: &'static [&'static str] = &[];
    const TYPES: &'static [EventType] = &[];

    fn decode(_: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        Err(Undecodable::UnknownType)
    }

    fn schema() -> Vec<TypeSchema> {
        Vec::new()
    }
}

struct Orders<const VERSION: u32>;

#[async_trait]
impl<const VERSION: u32> Projection<Arc<MemoryStore>> for Orders<VERSION> {
    type Event = Nothing;
    const NAME: &'static str = "orders";
    const VERSION: u32 = VERSION;

    async fn apply(&self, _: &[Recorded<Nothing>], _: &mut MemoryTransaction) -> Result<(), ProjectionError> {
        Ok(())
    }
}

/// The messages of all warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn count(&self) -> usize {
        let all = self.0.lock().expect("not poisoned");
        all.iter().filter(|text| text.contains("version 2 of the read model `orders` is live")).count()
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().expect("not poisoned").push(message.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_program_warns_once_of_the_later_version_that_is_live() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).expect("the only test of this process");
    let options = || WorkerOptions::default().lease(Duration::from_millis(300));
    let store = Arc::new(MemoryStore::new());
    let old = EventSource::builder(Arc::clone(&store)).projection(Orders::<1>).build();
    let old_workers = old.start_with(options()).await.expect("started");
    assert_eq!(warnings.count(), 0);

    let new = EventSource::builder(Arc::clone(&store)).projection(Orders::<2>).build();
    let new_workers = new.start_with(options()).await.expect("started");
    wait_for("the old program to warn", || async {
        match warnings.count() {
            0 => Err(()),
            _ => Ok(()),
        }
    })
    .await;
    new_workers.shutdown().await.expect("ended");
    old_workers.shutdown().await.expect("ended");
    assert_eq!(warnings.count(), 1, "once, however many heartbeats there were");

    let back = EventSource::builder(store).projection(Orders::<1>).build();
    let workers = back.start_with(options()).await.expect("started");
    assert_eq!(warnings.count(), 2, "before the start returns");
    workers.shutdown().await.expect("ended");
}
