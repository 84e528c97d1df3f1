//! Reading a stream and the log.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    hash::{BuildHasher, RandomState},
    ops::ControlFlow,
    task::Poll,
};

use uuid::Uuid;

use super::{EventStore, StoreError};
use crate::{EventContext, EventSet, Position, RecordedEvent, StoredEvent, StreamId, Version};

/// How many events of a history are read at a time.
const PAGE: usize = 1_000;

/// Called with each event of a history. Returning `Break` stops the read.
pub type HistoryVisitor<'a> = dyn FnMut(Version, StoredEvent<'_>) -> ControlFlow<()> + Send + 'a;

/// The direction in which a stream is read, and its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first, beginning after this version.
    Forward {
        /// [`Version::EMPTY`] reads from the first event.
        after: Version,
    },
    /// Newest first, beginning before this version.
    Backward {
        /// [`Version::MAX`] reads from the last event.
        before: Version,
    },
}

/// Selects events of the log: those that have one of the types, or are in a stream of one of the categories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Events stored under one of these type names; `None` for all events.
    pub event_types: Option<Vec<String>>,
    /// Events in streams of these categories, whatever their type.
    pub categories: Vec<String>,
}

/// A part of the log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The events, in order of position.
    pub events: Vec<RecordedEvent>,
    /// Every selected event up to here has been returned: continue after it. It is never below the position from
    /// which the page was read.
    ///
    /// It may be kept in a transaction of the same store. A reader that keeps its checkpoint in another place keeps
    /// the position of the last event that it received instead: after a crash, a server may assign positions again
    /// that only rolled-back transactions had used.
    pub horizon: Position,
    /// Whether the page reached the end of the final part of the log when it was read. A page that ends because of
    /// its size may say `false` at the end too, because the store did not check for further events.
    pub at_head: bool,
}

/// An event type and schema version that the log contains in the streams of a category.
#[derive(Debug, Clone)]
pub struct StoredType {
    /// The category of the streams.
    pub category: String,
    /// The persisted type name.
    pub event_type: String,
    /// The version of the payload.
    pub schema_version: u32,
    /// How many events of it the log contains.
    pub count: u64,
    /// Some of these events.
    pub samples: Vec<RecordedEvent>,
}

impl StoredType {
    /// The types of these events with their samples, for stores that hold their events in memory.
    #[must_use]
    pub fn all_of<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>, samples: usize) -> Vec<Self> {
        let mut types: BTreeMap<_, Vec<&RecordedEvent>> = BTreeMap::new();
        for event in events {
            let of =
                (event.context.stream.category(), &*event.context.event_type, event.context.schema_version);
            types.entry(of).or_default().push(event);
        }
        // With other keys for each call, it gives the events an order of chance.
        let chance = RandomState::new();
        let stored = types.into_iter().map(|((category, event_type, schema_version), mut events)| {
            let count = events.len() as u64;
            events.sort_by_cached_key(|event| chance.hash_one(event.context.position));
            events.truncate(samples);
            events.sort_by_key(|event| event.context.position);
            let (category, event_type) = (category.to_owned(), event_type.to_owned());
            let samples = events.into_iter().cloned().collect();
            Self { category, event_type, schema_version, count, samples }
        });
        stored.collect()
    }

    /// Adds to the count of a category, type and version. For stores that read groups, ordered by all three.
    pub fn count(
        stored: &mut Vec<Self>,
        category: String,
        event_type: String,
        schema_version: u32,
        count: u64,
    ) {
        match stored.last_mut() {
            Some(last)
                if last.category == category
                    && last.event_type == event_type
                    && last.schema_version == schema_version =>
            {
                last.count += count;
            }
            _ => stored.push(Self { category, event_type, schema_version, count, samples: Vec::new() }),
        }
    }

    /// Adds an event to the samples of its category, type and version, if those were counted.
    pub fn keep(stored: &mut [Self], event: RecordedEvent) {
        let is_of = |kept: &&mut Self| {
            *kept.event_type == *event.context.event_type
                && kept.schema_version == event.context.schema_version
                && kept.category == event.context.stream.category()
        };
        if let Some(kept) = stored.iter_mut().find(is_of) {
            kept.samples.push(event);
        }
    }
}

impl LogPage {
    /// The size of a page, in bytes of payload. A page ends with the event that reaches it.
    pub const BYTES: usize = 8 << 20;

    /// The page after a position, for stores that hold their events in memory: the events after that position that the
    /// filter admits, in order of position, and the position of the last event of the log.
    #[must_use]
    pub fn of<'a>(
        admitted: impl IntoIterator<Item = &'a RecordedEvent>,
        after: Position,
        limit: usize,
        end: Position,
    ) -> Self {
        let mut rest = admitted.into_iter();
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < limit && bytes < Self::BYTES {
            let Some(event) = rest.next() else { break };
            bytes += event.payload().len();
            events.push(event.clone());
        }
        let at_head = rest.next().is_none();
        let read = if at_head { end } else { events.last().map_or(after, |event| event.context.position) };
        Self { events, horizon: read.max(after), at_head }
    }
}

impl LogFilter {
    /// Every event.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// No event.
    #[must_use]
    pub fn none() -> Self {
        Self::of_types([])
    }

    /// The events with one of these types.
    #[must_use]
    pub fn of_types(names: impl IntoIterator<Item = String>) -> Self {
        Self { event_types: Some(names.into_iter().collect()), categories: Vec::new() }
    }

    /// The events that `E` reads: those of its types, under their current and former names, and all events of the
    /// [categories that it reads completely](EventSet::CATEGORIES), so that it meets those that it cannot decode.
    #[must_use]
    pub fn of<E: EventSet>() -> Self {
        let names = E::TYPES.iter().flat_map(|ty| ty.names()).map(str::to_owned);
        let categories = E::CATEGORIES.iter().map(|&category| category.to_owned()).collect();
        Self { categories, ..Self::of_types(names) }
    }

    /// Whether the filter selects an event.
    #[must_use]
    pub fn admits(&self, event: &EventContext) -> bool {
        self.selects(event.stream.category(), &event.event_type)
    }

    /// Whether the filter selects the events of a type in the streams of a category.
    #[must_use]
    pub fn selects(&self, category: &str, event_type: &str) -> bool {
        let Some(names) = &self.event_types else { return true };
        names.iter().any(|name| name == event_type) || self.categories.iter().any(|it| it == category)
    }
}

/// The default implementation of [`EventStore::read_history`].
pub(super) async fn history<S: EventStore + ?Sized>(
    store: &S,
    stream: &StreamId,
    after: Version,
    visitor: &mut HistoryVisitor<'_>,
) -> Result<(), StoreError> {
    let mut page = store.read_stream(stream, Direction::Forward { after }, PAGE).await?;
    while let Some(last) = page.last().filter(|_| page.len() == PAGE) {
        // The next page is read while this one is processed.
        let after = last.context.version;
        let mut next = store.read_stream(stream, Direction::Forward { after }, PAGE);
        let begun = poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await;
        if hand_out(&page, visitor).is_break() {
            return Ok(());
        }
        page = match begun {
            Poll::Ready(page) => page?,
            Poll::Pending => next.await?,
        };
    }
    let _ = hand_out(&page, visitor);
    Ok(())
}

fn hand_out(page: &[RecordedEvent], visitor: &mut HistoryVisitor<'_>) -> ControlFlow<()> {
    page.iter().try_for_each(|event| {
        // Without its context, though it was read: otherwise code that uses it would fail only in production, with a
        // store that omits it.
        visitor(
            event.context.version,
            StoredEvent::new(&event.context.event_type, event.context.schema_version, event.payload()),
        )
    })
}

/// The default implementation of [`EventStore::read_correlated`].
pub(super) async fn correlated<S: EventStore + ?Sized>(
    store: &S,
    correlation: Uuid,
    after: Position,
    limit: usize,
) -> Result<Vec<EventContext>, StoreError> {
    let (mut events, mut from) = (Vec::new(), after);
    while events.len() < limit {
        let page = store.read_log(from, &LogFilter::all(), PAGE).await?;
        let contexts = page.events.into_iter().map(|event| event.context);
        events.extend(contexts.filter(|event| event.belongs_to(correlation)));
        // A page that ends because of its size has moved the horizon.
        if page.at_head || page.horizon <= from {
            break;
        }
        from = page.horizon;
    }
    events.truncate(limit);
    Ok(events)
}
