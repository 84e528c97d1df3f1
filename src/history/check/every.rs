//! Decoding every event of the log, as in a replay: in parallel, and page by page.

use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use futures_util::StreamExt;

use super::{SchemaCheck, SchemaVerdict};
use crate::{
    Decoded, EventContext, EventSet, EventType, Position, ReadError, StoredEvent, Undecodable,
    history::event_stream,
    schema::TypeSchema,
    store::{EventStore, LogFilter, StoreError},
};

/// How many events are between two calls of the progress.
const STEP: u64 = 5_000;

/// The outcome of decoding an event as one of `E`. It is a set of its own, which decodes every event.
struct Tried<E> {
    fault: Option<Undecodable>,
    set: PhantomData<fn() -> E>,
}

impl<E: EventSet> EventSet for Tried<E> {
    const TYPES: &'static [EventType] = E::TYPES;
    const CATEGORIES: &'static [&'static str] = E::CATEGORIES;
    const REMOVED: &'static [&'static str] = E::REMOVED;

    fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        Ok(Decoded::One(Self { fault: E::decode(stored).err(), set: PhantomData }))
    }

    fn schema() -> Vec<TypeSchema> {
        E::schema()
    }
}

pub(super) async fn check<E: EventSet, S: EventStore>(
    store: &Arc<S>,
    mut progress: Option<Box<dyn FnMut(u64) + Send + '_>>,
) -> Result<Vec<SchemaCheck>, StoreError> {
    let mut checks = Checks::<E> { reads: LogFilter::of::<E>(), by_type: HashMap::new(), set: PhantomData };
    // All events are counted, those that `E` does not read as well.
    let mut events = event_stream::log::<Tried<E>, S>(Arc::clone(store), Position::START, LogFilter::all());
    let mut count = 0;
    while let Some(event) = events.next().await {
        let event = event.map_err(of_the_store)?;
        checks.add(&event.context, event.event.fault);
        count += 1;
        if let Some(progress) = progress.as_mut().filter(|_| count % STEP == 0) {
            progress(count);
        }
    }
    if let Some(progress) = progress.as_mut().filter(|_| count % STEP != 0) {
        progress(count);
    }
    Ok(checks.sorted())
}

/// Of reading the log, only the store can fail: the set decodes every event.
fn of_the_store(error: ReadError) -> StoreError {
    match error {
        ReadError::Store(error) => error,
        error => StoreError::Unavailable { action: "checking events", source: Box::new(error) },
    }
}

struct Checks<E> {
    reads: LogFilter,
    /// By the name of the type.
    by_type: HashMap<String, Vec<SchemaCheck>>,
    set: PhantomData<fn() -> E>,
}

impl<E: EventSet> Checks<E> {
    fn add(&mut self, event: &EventContext, fault: Option<Undecodable>) {
        let check = self.of(event);
        check.count += 1;
        if !matches!(check.verdict, SchemaVerdict::NotRead) {
            check.verdict.add(fault.map(|fault| fault.of(event)));
        }
    }

    fn of(&mut self, event: &EventContext) -> &mut SchemaCheck {
        let category = event.stream.category();
        // A name is copied only when it is met for the first time.
        if !self.by_type.contains_key(&*event.event_type) {
            self.by_type.insert(event.event_type.to_string(), Vec::new());
        }
        let checks = self.by_type.get_mut(&*event.event_type).expect("inserted above");
        let is_same =
            |check: &SchemaCheck| check.schema_version == event.schema_version && check.category == category;
        let index = checks.iter().position(is_same).unwrap_or_else(|| {
            checks.push(SchemaCheck {
                category: category.to_owned(),
                event_type: event.event_type.to_string(),
                schema_version: event.schema_version,
                count: 0,
                verdict: SchemaVerdict::before::<E>(&self.reads, category, &event.event_type),
            });
            checks.len() - 1
        });
        &mut checks[index]
    }

    fn sorted(self) -> Vec<SchemaCheck> {
        let mut checks: Vec<_> = self.by_type.into_values().flatten().collect();
        checks.sort_by(|a, b| a.place().cmp(&b.place()));
        checks
    }
}
