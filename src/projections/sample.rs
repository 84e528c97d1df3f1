//! Samples for the tests of the workers: words that are noted on a page.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{
    consumer::{Consumers, projection::ProjectionConsumer},
    context::WorkerContext,
    engine::ProjectionEngine,
    options::WorkerOptions,
};
use crate::{
    Decoded, EventContext, EventId, EventSet, EventSource, EventType, FailurePolicy, MemoryStore, Metadata,
    OnFailure, Position, Projection, ProjectionError, Recorded, RecordedEvent, StoredEvent, StreamId,
    Timestamp, Undecodable, Version,
    memory::MemoryTransaction,
    schema::TypeSchema,
    store::{
        Checkpoint, Claim, Definition, EventTypes, Generation, GenerationId, GenerationRequest,
        GenerationState, Lease, ProjectionKind, ProjectionStore, StoreTransaction, Worker, WorkerId,
    },
};

/// A word. Several are stored as one event, separated by spaces.
#[derive(Debug, Clone)]
pub(super) struct Word(pub(super) String);

impl EventSet for Word {
    const TYPES: &'static [EventType] =
        &[EventType { name: "page.noted", aliases: &[], category: "page", version: 2, writes: 2 }];
    const CATEGORIES: &'static [&'static str] = &["page"];

    fn decode(event: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        let words = event.payload.trim_matches('"').split(' ');
        Ok(Decoded::Many(words.map(|word| Self(word.to_owned())).collect()))
    }

    fn schema() -> Vec<TypeSchema> {
        Vec::new()
    }
}

/// An event with these words.
pub(super) fn event(position: u64, words: &str) -> RecordedEvent {
    let context = EventContext {
        stream: page(),
        version: Version::new(position),
        position: Position::new(position),
        id: EventId::new(),
        event_type: "page.noted".into(),
        schema_version: 2,
        metadata: Metadata::default(),
        recorded_at: Timestamp::now(),
    };
    Recorded { context, event: format!("\"{words}\"").into() }
}

pub(super) fn page() -> StreamId {
    StreamId::new("page", "1").expect("an id")
}

/// A projection with the words as keys. It fails on the word `bad` until it is fixed.
#[derive(Clone)]
pub(super) struct Pages {
    /// The words of each call.
    pub(super) calls: Arc<Mutex<Vec<String>>>,
    pub(super) is_fixed: Arc<AtomicBool>,
    then: OnFailure,
}

impl Pages {
    pub(super) fn new(then: OnFailure) -> Self {
        Self { calls: Arc::default(), is_fixed: Arc::default(), then }
    }

    pub(super) fn consumers(&self, kind: ProjectionKind) -> Consumers<MemoryStore> {
        Arc::new([Arc::new(ProjectionConsumer::new(self.clone(), kind))])
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Projection<MemoryStore> for Pages {
    type Event = Word;
    const NAME: &'static str = "pages";

    fn key<'a>(&self, event: &'a Recorded<Word>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(&event.event.0))
    }

    async fn apply(
        &self,
        events: &[Recorded<Word>],
        _: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        let words: Vec<_> = events.iter().map(|event| event.event.0.as_str()).collect();
        self.calls.lock().expect("no panic").push(words.join(" "));
        match words.contains(&"bad") && !self.is_fixed.load(Ordering::SeqCst) {
            true => Err(ProjectionError::new("a bad word")),
            false => Ok(()),
        }
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1).then(self.then)
    }
}

/// A live generation of [`Pages`] with a partition at each of these positions.
pub(super) fn generation(id: u64, positions: &[u64]) -> Generation {
    let checkpoint = |position: &u64| Checkpoint {
        position: Position::new(*position),
        epoch: 1,
        owner: None,
        owner_application: None,
        owner_lives: false,
        events: 0,
        parked: 0,
        parked_requests: 0,
        last_error: None,
        stopped: None,
        updated_at: Timestamp::now(),
    };
    Generation {
        id: GenerationId::new(id),
        name: "pages".to_owned(),
        version: 1,
        kind: ProjectionKind::Following,
        state: GenerationState::Live,
        inline: false,
        swap_when_ready: true,
        keep_old: false,
        created_at: Timestamp::now(),
        event_types: EventTypes::of::<Word>(),
        checkpoints: positions.iter().map(checkpoint).collect(),
    }
}

pub(super) fn engine(consumers: Consumers<MemoryStore>) -> Arc<ProjectionEngine<MemoryStore>> {
    let engine = EventSource::new(MemoryStore::new()).projections;
    Arc::new(engine.with_consumers(consumers))
}

/// Workers whose tasks are not started.
pub(super) fn context(consumers: Consumers<MemoryStore>) -> Arc<WorkerContext<MemoryStore>> {
    Arc::new(WorkerContext::new(engine(consumers), WorkerOptions::default()))
}

/// Makes a generation, and claims its first partition.
pub(super) async fn leased(store: &MemoryStore, definition: &Definition) -> Lease {
    let begun =
        store.begin_generation(definition, GenerationRequest::Start).await.expect("it can be written");
    let (generation, transaction) = begun.expect("there is none");
    transaction.commit().await.expect("it can be written");
    let worker = Worker { id: WorkerId::new(), application: String::new(), supports: Vec::new() };
    store.heartbeat(&worker, Duration::from_secs(60)).await.expect("it can be written");
    store.claim(&Claim::of(generation, 0, worker.id)).await.expect("it can be written").expect("it is free")
}
