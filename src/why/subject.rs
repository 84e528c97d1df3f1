//! What is asked about, and the correlations that it belongs to.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use super::WhyError;
use crate::{
    EventContext, EventId, Position, StreamId, Version,
    store::{Direction, Escaped, EventStore, LogFilter, StoreError},
};

/// How many correlations of a stream are shown: those of its last events.
const CORRELATIONS: usize = 100;
/// How many of its last events are read to find them.
const EVENTS: usize = 1_000;
/// How many events are read at a time.
const PAGE: usize = 100;

/// What [`EventSource::why`](crate::EventSource::why) is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// The last events of a stream, and all that they belong to: at most 100 correlations of its last 1,000 events.
    Stream {
        /// The category.
        category: String,
        /// The aggregate id.
        id: String,
    },
    /// What an event belongs to.
    Event(EventId),
    /// The events of a correlation.
    Correlation(Uuid),
    /// What the event at a position belongs to, such as that of a receipt. An event above the horizon is not found.
    Position(Position),
}

impl Subject {
    /// A stream, by its category and aggregate id.
    pub fn stream(category: impl Into<String>, id: impl Into<String>) -> Self {
        Self::Stream { category: category.into(), id: id.into() }
    }

    /// An event, by its id.
    pub fn event(id: impl Into<EventId>) -> Self {
        Self::Event(id.into())
    }

    /// The correlations that it belongs to, in any order, and whether there are earlier ones.
    pub(super) async fn correlations<S: EventStore>(&self, store: &S) -> Result<(Vec<Uuid>, bool), WhyError> {
        Ok(match self {
            Self::Stream { category, id } => of_stream(store, &StreamId::new(category, id)?).await?,
            Self::Event(id) => (vec![of_event(store, *id).await?], false),
            Self::Correlation(id) => (vec![*id], false),
            Self::Position(position) => (of_position(store, *position).await?, false),
        })
    }
}

/// The correlation id of an event. What an event without one causes has its event id instead.
fn correlation_of(event: &EventContext) -> Uuid {
    event.metadata.correlation_id.unwrap_or(event.id.as_uuid())
}

/// The event is found by its id among the events of the correlation that is named like it. If there is no such event, the id
/// may still be that of a correlation.
async fn of_event<S: EventStore>(store: &S, id: EventId) -> Result<Uuid, StoreError> {
    let mut after = Position::START;
    loop {
        let page = store.read_correlated(id.as_uuid(), after, EVENTS).await?;
        if let Some(event) = page.iter().find(|event| event.id == id) {
            return Ok(correlation_of(event));
        }
        match page.last().filter(|_| page.len() >= EVENTS) {
            Some(last) => after = last.position,
            None => return Ok(id.as_uuid()),
        }
    }
}

async fn of_position<S: EventStore>(store: &S, position: Position) -> Result<Vec<Uuid>, StoreError> {
    let Some(before) = position.get().checked_sub(1) else { return Ok(Vec::new()) };
    let page = store.read_log(Position::new(before), &LogFilter::all(), 1).await?;
    let found = page.events.first().filter(|event| event.context.position == position);
    Ok(found.map(|event| correlation_of(&event.context)).into_iter().collect())
}

async fn of_stream<S: EventStore>(store: &S, stream: &StreamId) -> Result<(Vec<Uuid>, bool), StoreError> {
    let (mut found, mut before, mut read) = (Vec::new(), Version::MAX, 0);
    while read < EVENTS {
        let page = store.read_stream(stream, Direction::Backward { before }, PAGE).await?;
        for event in &page {
            let correlation = correlation_of(&event.context);
            if found.contains(&correlation) {
                continue;
            }
            if found.len() == CORRELATIONS {
                return Ok((found, true));
            }
            found.push(correlation);
        }
        read += page.len();
        match page.last().filter(|_| page.len() == PAGE) {
            Some(last) => before = last.context.version,
            None => return Ok((found, false)),
        }
    }
    Ok((found, before > Version::new(1)))
}

impl From<StreamId> for Subject {
    fn from(stream: StreamId) -> Self {
        Self::stream(stream.category(), stream.id())
    }
}

impl From<EventId> for Subject {
    fn from(id: EventId) -> Self {
        Self::Event(id)
    }
}

impl From<Position> for Subject {
    fn from(position: Position) -> Self {
        Self::Position(position)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream { category, id } => write!(f, "{}/{}", Escaped(category), Escaped(id)),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Correlation(id) => write!(f, "correlation {id}"),
            Self::Position(position) => write!(f, "position {position}"),
        }
    }
}
