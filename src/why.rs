//! Why something has happened, and what has not happened yet and because of whom: the causal tree of events, and what the
//! consumers of the log have made of its ends.
//!
//! - `subject.rs`: what is asked about, and the correlations that it belongs to
//! - `found.rs`: the events of these correlations, page by page
//! - `tree.rs`: their order as a tree
//! - `handling.rs`, `consumers.rs`: what each consumer has made of an event
//! - `pending.rs`: timers and scheduled commands that are not due yet
//! - `text.rs`, `units.rs`: the answer as a text

mod consumers;
mod found;
mod handling;
mod pending;
mod subject;
mod text;
mod tree;
mod units;

use std::{collections::BTreeSet, future::IntoFuture, sync::Arc};

use futures_core::future::BoxFuture;
use serde::Serialize;
use uuid::Uuid;

pub use handling::{Behind, ConsumerOfEvent, Handling, WorkerOfPartition};
pub use pending::Pending;
pub use subject::Subject;
pub use tree::{Cause, WhyEvent};

use self::consumers::Reading;
use crate::{
    Position, Timestamp,
    projections::ProjectionEngine,
    store::{Generation, HorizonHolder, ProjectionStore, StoreError},
};

/// How many events are shown, unless another number is chosen.
const DEFAULT_LIMIT: usize = 1_000;

/// The answer of [`EventSource::why`](crate::EventSource::why).
///
/// Its text is a tree for people: control characters of names, keys and errors are escaped, and times are relative to the
/// first event. As JSON, it is an object with the fields below; times are texts in UTC, and durations are seconds. Payloads
/// and free metadata entries are in neither.
///
/// The events, checkpoints and parked events are read one after the other, while programs go on: the answer is not of one
/// moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Why {
    /// What was asked about.
    pub subject: Subject,
    /// When it was asked, on the clock of this program.
    pub asked_at: Timestamp,
    /// The correlations that the subject belongs to.
    pub correlations: Vec<Uuid>,
    /// Whether the subject is a stream that belongs to earlier correlations too, which are left out.
    pub has_earlier: bool,
    /// The events of these correlations, in the order of the tree: each event after its cause, and before the effects of later
    /// ones. Events without a cause among these are in the order of the log.
    pub events: Vec<WhyEvent>,
    /// Where the next page begins, if there are more events: pass it to [`AskWhy::after`].
    pub next: Option<Position>,
    /// Timers and scheduled commands of these correlations that are not due yet, or that wait for an operator.
    pub pending: Vec<Pending>,
    /// Consumers that have so many timers that not all of them were searched for pending ones.
    pub not_searched: Vec<String>,
    /// The event types that were expected.
    pub expected: Vec<Expected>,
    /// The position up to which the log is final. Consumers have not read the events above it.
    pub horizon: Position,
    /// The transactions that hold the horizon back, if it is below one of the events.
    pub held_back_by: Vec<HorizonHolder>,
}

/// Whether an event type that was expected was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Expected {
    /// The persisted type name.
    pub event_type: String,
    /// The positions of its events in the tree; empty if there are none on this page.
    pub recorded: Vec<Position>,
    /// The consumers that have not handled all of the events, or may not have: one of them may record it later.
    pub waiting: Vec<String>,
}

/// Why the question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhyError {
    /// No stream can have this category or id.
    #[error(transparent)]
    InvalidStream(#[from] crate::InvalidStreamId),
    /// The store could not be read.
    #[error("the events and what has become of them could not be read")]
    Store(#[from] StoreError),
}

impl WhyError {
    /// Whether the same question may be answered later without any intervention.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::InvalidStream(_) => false,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

/// A question to [`EventSource::why`](crate::EventSource::why); it is answered by `.await`.
#[must_use = "it is answered by `.await`"]
#[derive(Clone)]
pub struct AskWhy<'a, S> {
    engine: &'a Arc<ProjectionEngine<S>>,
    subject: Subject,
    expected: BTreeSet<String>,
    after: Position,
    limit: usize,
}

impl<'a, S: ProjectionStore> AskWhy<'a, S> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>, subject: Subject) -> Self {
        Self { engine, subject, expected: BTreeSet::new(), after: Position::START, limit: DEFAULT_LIMIT }
    }

    /// Says also whether an event of this type was recorded, and if not, which consumers have not handled their events yet.
    pub fn expecting(mut self, event_type: impl Into<String>) -> Self {
        self.expected.insert(event_type.into());
        self
    }

    /// The page that begins after a position, see [`Why::next`]. The causes of its events may be on an earlier page.
    pub fn after(mut self, position: Position) -> Self {
        self.after = position;
        self
    }

    /// The maximum number of events. By default 1,000; 0 counts as 1.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    async fn answer(self) -> Result<Why, WhyError> {
        let Self { engine, subject, expected, after, limit } = self;
        let store = &*engine.store;
        let asked_at = Timestamp::now();
        let (correlations, has_earlier) = subject.correlations(store).await?;
        let (contexts, next) = found::events(store, &correlations, after, limit).await?;
        let mut events = tree::ordered(contexts);
        // The generations are read after the events: a checkpoint is never older than what it is compared with.
        let mut generations = store.generations().await?;
        generations.iter_mut().for_each(|generation| engine.bring_up_to_date(generation));
        let nearest = generations.iter().map(Generation::position).max().unwrap_or_default();
        let last = events.iter().map(|event| event.position).max().unwrap_or_default();
        let horizon = engine.horizon_from(nearest).await?;
        let held_back_by = if horizon < last { store.horizon_holders().await? } else { Vec::new() };
        let waiting = Reading::new(store, &generations).fill(&mut events).await?;
        let (pending, not_searched) = pending::of(store, &generations, &correlations).await?;
        let expected = expected.into_iter().map(|event_type| {
            let of_type = events.iter().filter(|event| event.event_type == event_type);
            let mut recorded: Vec<_> = of_type.map(|event| event.position).collect();
            recorded.sort_unstable();
            Expected { recorded, waiting: waiting.clone(), event_type }
        });
        Ok(Why {
            expected: expected.collect(),
            subject,
            asked_at,
            correlations,
            has_earlier,
            events,
            next,
            pending,
            not_searched,
            horizon,
            held_back_by,
        })
    }
}

impl<'a, S: ProjectionStore> IntoFuture for AskWhy<'a, S> {
    type Output = Result<Why, WhyError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.answer())
    }
}

impl<S> std::fmt::Debug for AskWhy<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskWhy").field("subject", &self.subject).finish_non_exhaustive()
    }
}
