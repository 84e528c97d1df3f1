//! Folding read models on demand.

use std::{fmt, marker::PhantomData, sync::Arc};

use futures_util::TryStreamExt;

use super::error::RowsError;
use crate::{
    EventSet, EventStream, FoldMany, Position, ReadModel, Rows, StreamId, Timestamp, history::event_stream,
    store::EventStore,
};

/// A read model that is folded in memory; see [`EventSource::project`](crate::EventSource::project).
#[must_use = "nothing is read before `of_log` or `of_stream` is called"]
pub struct Project<'a, S, R> {
    store: &'a Arc<S>,
    until: Until,
    rows: PhantomData<fn() -> R>,
}

/// The last event to fold.
#[derive(Debug, Clone, Copy)]
enum Until {
    Now,
    Position(Position),
    Time(Timestamp),
}

impl<'a, S: EventStore, R: ReadModel> Project<'a, S, R> {
    pub(crate) fn new(store: &'a Arc<S>) -> Self {
        Self { store, until: Until::Now, rows: PhantomData }
    }

    /// Folds only events at or below this position of the log.
    pub fn until_position(self, position: Position) -> Self {
        Self { until: Until::Position(position), ..self }
    }

    /// Folds only events that were recorded at this time or earlier, in the order of the log.
    ///
    /// Times need not rise with positions: concurrent appends may commit in another order than the order of their
    /// times, and an import keeps the times of its events. So the log is read to its end, and every event that was
    /// recorded later is skipped.
    pub fn until_time(self, time: Timestamp) -> Self {
        Self { until: Until::Time(time), ..self }
    }

    /// Folds the rows from the whole log.
    ///
    /// # Errors
    ///
    /// If the log cannot be read, an event cannot be decoded, or a row cannot be folded.
    pub async fn of_log<E: EventSet>(self) -> Result<Rows<R>, RowsError>
    where
        R: FoldMany<E>,
    {
        let events = event_stream::replay::<E, S>(Arc::clone(self.store), Position::START);
        self.fold(events).await
    }

    /// Folds the rows from the events of one stream.
    ///
    /// # Errors
    ///
    /// As [`of_log`](Self::of_log).
    pub async fn of_stream<E: EventSet>(self, stream: &StreamId) -> Result<Rows<R>, RowsError>
    where
        R: FoldMany<E>,
    {
        let events = event_stream::history::<E, S>(Arc::clone(self.store), Ok(stream.clone()));
        self.fold(events).await
    }

    async fn fold<E: EventSet>(self, mut events: EventStream<E>) -> Result<Rows<R>, RowsError>
    where
        R: FoldMany<E>,
    {
        let mut rows = Rows::new();
        while let Some(event) = events.try_next().await? {
            match self.until {
                Until::Position(position) if event.context.position > position => break,
                Until::Time(time) if event.context.recorded_at > time => {}
                _ => rows.apply(&event)?,
            }
        }
        Ok(rows)
    }
}

impl<S, R: ReadModel> fmt::Debug for Project<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("table", &R::TABLE)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
