//! Parked events: listing, retrying and discarding them.

use std::{fmt, sync::Arc, time::Duration};

use futures_core::future::BoxFuture;

use super::{
    by_name::{OperateError, UnknownProjection},
    engine::ProjectionEngine,
};
use crate::{
    Position,
    store::{
        Escaped, Generation, GenerationId, ParkedCursor, ParkedEvent, ParkedQuery, ParkedRequest,
        ParkedSelection, ProjectionStore, StoreError,
    },
};

/// The interval at which the outcome is polled.
const POLL: Duration = Duration::from_millis(20);
/// The same for all keys: each poll counts the parked events.
const POLL_ALL: Duration = Duration::from_millis(100);
/// How many events are read to find the first of a key that was not discarded.
const FIRST_WAITING: usize = 100;
/// The number of events of a page, unless another one is chosen.
const DEFAULT_LIMIT: usize = 1_000;

/// The outcome of retrying a parked key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParkedRetry {
    /// All events of the key were applied. New events of the key are no longer parked.
    Applied,
    /// An event failed again. It stays parked, and the events behind it too.
    FailedAgain {
        /// The event, with its last error.
        event: Box<ParkedEvent>,
    },
}

/// The outcome of retrying or discarding all parked events of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ParkedRetries {
    /// How many events were parked before.
    pub parked: u64,
    /// How many are parked now: the events that failed again, those behind them, and those that were parked meanwhile.
    pub left: u64,
}

/// A page of the parked events of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ParkedPage {
    /// The events, including discarded ones, in the order of the log.
    pub events: Vec<ParkedEvent>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<ParkedCursor>,
}

/// Why a parked key was not retried, or a parked event not discarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParkedError {
    /// There is no projection of this name.
    #[error(transparent)]
    UnknownProjection(#[from] UnknownProjection),
    /// Nothing is parked under this key.
    #[error("`{projection}` has no parked events under the key {key:?}", projection = Escaped(projection))]
    Unknown {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
    },
    /// The event is not the first that is parked under its key; or it was applied or retried before the worker saw the
    /// request. No other event was discarded instead.
    #[error(
        "the event at position {position} was not discarded: it is not the first that `{projection}` has parked under \
         the key {key:?}, or another request was carried out before; list the parked events of the key and decide \
         again",
        projection = Escaped(projection)
    )]
    NotDiscarded {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
        /// The position of the event.
        position: Position,
    },
    /// The worker of the partition did not retry the key in time. The request stays stored, and is carried out
    /// later.
    #[error(
        "the parked key {key:?} of `{projection}` was not retried within {waited:?}; check that a worker processes it",
        projection = Escaped(projection)
    )]
    TimedOut {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
        /// How long the call waited.
        waited: Duration,
    },
    /// No worker has carried out a request for some time. The requests stay stored, and are carried out later.
    #[error(
        "no parked key of `{projection}` was retried within {waited:?}, and {left} events are parked; check that a \
         worker processes it",
        projection = Escaped(projection)
    )]
    Stalled {
        /// The projection.
        projection: String,
        /// How many events are parked.
        left: u64,
        /// How long the call waited since the last key was retried.
        waited: Duration,
    },
    /// The store could not be read or written.
    #[error("could not read or update the parked events")]
    Store(#[from] StoreError),
}

impl From<OperateError> for ParkedError {
    fn from(error: OperateError) -> Self {
        match error {
            OperateError::Unknown(unknown) => Self::UnknownProjection(unknown),
            OperateError::Store(error) => Self::Store(error),
        }
    }
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    pub(crate) async fn request_parked(
        self: &Arc<Self>,
        name: &str,
        key: &str,
        request: ParkedRequest,
        timeout: Duration,
    ) -> Result<ParkedRetry, ParkedError> {
        let unknown = || ParkedError::Unknown { projection: name.to_owned(), key: key.to_owned() };
        let to_discard = match &request {
            ParkedRequest::Discard { position, .. } => *position,
            ParkedRequest::Retry => None,
        };
        let not_discarded = |position| {
            let (projection, key) = (name.to_owned(), key.to_owned());
            ParkedError::NotDiscarded { projection, key, position }
        };
        let live = self.live_or_unknown(name).await?.ok_or_else(unknown)?;
        if !self.store.request_parked(live.id, Some(key), &request).await? {
            let Some(position) = to_discard else { return Err(unknown()) };
            // An earlier request, whose outcome the caller may not know, may have discarded it.
            if !self.is_discarded(live.id, key, position).await? {
                let waits = self.has_waiting(live.id, key).await?;
                return Err(if waits { not_discarded(position) } else { unknown() });
            }
        }
        self.progress.wake_coordinator.notify_one();
        let retry = self.retried(&live, key, timeout).await?;
        match to_discard {
            Some(position) if !self.is_discarded(live.id, key, position).await? => {
                Err(not_discarded(position))
            }
            _ => Ok(retry),
        }
    }

    /// Waits until the request for a key was carried out.
    async fn retried(
        &self,
        live: &Generation,
        key: &str,
        timeout: Duration,
    ) -> Result<ParkedRetry, ParkedError> {
        let since = tokio::time::Instant::now();
        // Discarded events of the key may come first. They are not waited for, so they are passed once.
        let mut query = ParkedQuery::first(ParkedSelection::Key(key.to_owned()), FIRST_WAITING);
        loop {
            let page = self.store.parked(live.id, &query).await?;
            let is_last = page.len() < FIRST_WAITING;
            let last_discarded = page.iter().take_while(|it| it.discarded.is_some()).last();
            query.after = last_discarded.map(ParkedEvent::cursor).or(query.after);
            match page.into_iter().find(|it| it.discarded.is_none()) {
                None if is_last => return Ok(ParkedRetry::Applied),
                None => {}
                Some(event) if event.request.is_none() => {
                    return Ok(ParkedRetry::FailedAgain { event: Box::new(event) });
                }
                Some(_) if since.elapsed() > timeout => {
                    let (projection, key) = (live.name.clone(), key.to_owned());
                    return Err(ParkedError::TimedOut { projection, key, waited: since.elapsed() });
                }
                Some(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Whether an event of the key is parked, and was not discarded.
    async fn has_waiting(&self, generation: GenerationId, key: &str) -> Result<bool, StoreError> {
        let mut query = ParkedQuery::first(ParkedSelection::Key(key.to_owned()), FIRST_WAITING);
        loop {
            let page = self.store.parked(generation, &query).await?;
            if page.iter().any(|event| event.discarded.is_none()) {
                return Ok(true);
            }
            if page.len() < FIRST_WAITING {
                return Ok(false);
            }
            query.after = page.last().map(ParkedEvent::cursor);
        }
    }

    async fn is_discarded(
        &self,
        generation: GenerationId,
        key: &str,
        position: Position,
    ) -> Result<bool, StoreError> {
        let before = Position::new(position.get().saturating_sub(1));
        let after = Some(ParkedCursor { position: before, key: key.to_owned() });
        let query = ParkedQuery { selection: ParkedSelection::Key(key.to_owned()), after, limit: 1 };
        let page = self.store.parked(generation, &query).await?;
        Ok(page.iter().any(|event| event.position == position && event.discarded.is_some()))
    }

    pub(crate) async fn request_all_parked(
        self: &Arc<Self>,
        name: &str,
        request: ParkedRequest,
        timeout: Duration,
    ) -> Result<ParkedRetries, ParkedError> {
        let Some(live) = self.live_or_unknown(name).await? else { return Ok(ParkedRetries::default()) };
        let parked = parked_events(&live);
        if !self.store.request_parked(live.id, None, &request).await? {
            return Ok(ParkedRetries::default());
        }
        self.progress.wake_coordinator.notify_one();
        let mut before = None;
        let mut since = tokio::time::Instant::now();
        loop {
            let generations = self.store.generations().await?;
            let Some(now) = generations.iter().find(|it| it.id == live.id) else {
                return Ok(ParkedRetries { parked, left: 0 });
            };
            let requests: u64 = now.checkpoints.iter().map(|it| it.parked_requests).sum();
            let left = parked_events(now);
            if requests == 0 {
                return Ok(ParkedRetries { parked, left });
            }
            if before != Some((requests, left)) {
                before = Some((requests, left));
                since = tokio::time::Instant::now();
            } else if since.elapsed() > timeout {
                let projection = name.to_owned();
                return Err(ParkedError::Stalled { projection, left, waited: since.elapsed() });
            }
            tokio::time::sleep(POLL_ALL).await;
        }
    }
}

fn parked_events(generation: &Generation) -> u64 {
    generation.checkpoints.iter().map(|it| it.parked).sum()
}

/// Lists the parked events of a projection, page by page; awaiting it reads one page.
///
/// ```no_run
/// # use eventsource::{EventSource, store::ProjectionStore, projections::OperateError};
/// # async fn example<S: ProjectionStore>(es: EventSource<S>) -> Result<(), OperateError> {
/// let mut after = None;
/// loop {
///     let page = es.parked("balances").after(after).limit(100).await?;
///     for event in &page.events {
///         println!("{} {} {:?}", event.key, event.position, event.error);
///     }
///     after = page.next;
///     if after.is_none() {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "awaiting it reads a page"]
pub struct Parked<'a, S> {
    inner: &'a Arc<ProjectionEngine<S>>,
    projection: &'a str,
    query: ParkedQuery,
}

impl<'a, S: ProjectionStore> Parked<'a, S> {
    pub(crate) fn new(inner: &'a Arc<ProjectionEngine<S>>, projection: &'a str) -> Self {
        Self { inner, projection, query: ParkedQuery::first(ParkedSelection::All, DEFAULT_LIMIT) }
    }

    /// Only events of this key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.query.selection = ParkedSelection::Key(key.into());
        self
    }

    /// Continues after the [end](ParkedPage::next) of another page; with `None` it begins with the first event.
    pub fn after(mut self, cursor: Option<ParkedCursor>) -> Self {
        self.query.after = cursor;
        self
    }

    /// The maximum number of events. By default 1,000; 0 counts as 1.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = limit.max(1);
        self
    }
}

impl<'a, S: ProjectionStore> IntoFuture for Parked<'a, S> {
    type Output = Result<ParkedPage, OperateError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Some(live) = self.inner.live_or_unknown(self.projection).await? else {
                return Ok(ParkedPage::default());
            };
            let events = self.inner.store.parked(live.id, &self.query).await?;
            let next = (events.len() >= self.query.limit).then(|| events.last().map(ParkedEvent::cursor));
            Ok(ParkedPage { next: next.flatten(), events })
        })
    }
}

impl<S> fmt::Debug for Parked<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Parked");
        debug.field("projection", &self.projection).field("query", &self.query).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
