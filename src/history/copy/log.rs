//! A log, read page by page from its beginning.

use std::vec;

use super::error::{CopyError, CopySide};
use crate::{
    Position, RecordedEvent, Retry,
    store::{EventStore, ImportEvent, LogFilter, LogPage, StoreError},
};

pub(super) struct Log<'a, S: ?Sized> {
    store: &'a S,
    side: CopySide,
    limit: usize,
    retry: Retry,
    /// The position up to which the log was read.
    after: Position,
    /// Whether the end of the log was reached. Later events are not read.
    ended: bool,
    /// The events that were read but not yet taken.
    page: vec::IntoIter<RecordedEvent>,
    /// The position of the last event that was taken.
    taken: Position,
}

/// Events that are stored together.
pub(super) struct Chunk {
    pub(super) events: Vec<ImportEvent>,
    /// The position of the last of them.
    pub(super) end: Position,
}

impl<'a, S: EventStore + ?Sized> Log<'a, S> {
    pub(super) fn new(store: &'a S, side: CopySide, limit: usize, retry: Retry) -> Self {
        let (after, taken) = (Position::START, Position::START);
        Self { store, side, limit, retry, after, ended: false, page: Vec::new().into_iter(), taken }
    }

    /// The horizon of the log at this moment.
    pub(super) async fn head(&self) -> Result<Position, CopyError> {
        self.head_above(Position::START).await
    }

    /// The same, or `after` if that is higher, so that the log before it does not have to be scanned.
    async fn head_above(&self, mut after: Position) -> Result<Position, CopyError> {
        let none = LogFilter::none();
        loop {
            let page = self.read(after, &none).await?;
            if page.at_head || page.horizon == after {
                return Ok(page.horizon);
            }
            after = page.horizon;
        }
    }

    /// Waits until the horizon has reached `position`: a running append of another process may hold it back.
    /// Events after the returned horizon are ignored, because another copy may keep storing events while the
    /// source grows.
    pub(super) async fn head_at_least(&self, position: Position) -> Result<Position, CopyError> {
        let mut delays = self.retry.delays();
        loop {
            let horizon = self.head_above(Position::new(position.get().saturating_sub(1))).await?;
            if horizon >= position {
                return Ok(horizon);
            }
            let Some(delay) = delays.next() else { return Err(CopyError::Unsettled { position, horizon }) };
            tokio::time::sleep(delay).await;
        }
    }

    /// Reads the next page, if all events of the last one were taken. After this call, there are events unless the
    /// log has ended.
    pub(super) async fn fill(&mut self) -> Result<(), CopyError> {
        while self.page.len() == 0 && !self.ended {
            let LogPage { events, horizon, at_head } = self.read(self.after, &LogFilter::all()).await?;
            match events.last() {
                // Not the horizon: see [`LogPage::horizon`].
                Some(last) => self.after = last.context.position,
                None if at_head || horizon == self.after => self.ended = true,
                None => self.after = horizon,
            }
            self.page = events.into_iter();
        }
        Ok(())
    }

    /// Takes the next of the events that were read.
    pub(super) fn next(&mut self) -> Option<RecordedEvent> {
        let event = self.page.next()?;
        self.taken = event.context.position;
        Some(event)
    }

    /// The same, up to this position.
    pub(super) fn next_until(&mut self, until: Position) -> Option<RecordedEvent> {
        let next = self.page.as_slice().first()?;
        if next.context.position <= until { self.next() } else { None }
    }

    /// The position of the last event that was taken.
    pub(super) fn position(&self) -> Position {
        self.taken
    }

    /// Whether all events that were read have been taken.
    pub(super) fn is_page_read(&self) -> bool {
        self.page.len() == 0
    }

    /// Takes the next events up to this position: the rest of a page. Empty at the end.
    pub(super) async fn chunk(&mut self, until: Position) -> Result<Chunk, CopyError> {
        self.fill().await?;
        let mut events = Vec::with_capacity(self.page.len());
        while let Some(event) = self.next_until(until) {
            let context = event.context.clone();
            let unreadable = |source| CopyError::Unreadable { event: Box::new(context), source };
            events.push(ImportEvent::try_from(event).map_err(unreadable)?);
        }
        Ok(Chunk { events, end: self.taken })
    }

    async fn read(&self, after: Position, filter: &LogFilter) -> Result<LogPage, CopyError> {
        let mut delays = self.retry.delays();
        loop {
            let error: StoreError = match self.store.read_log(after, filter, self.limit).await {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
            match delays.next().filter(|_| error.is_retryable()) {
                Some(delay) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "could not read a log to copy; trying again"
                    );
                    tokio::time::sleep(delay).await;
                }
                None => return Err(CopyError::Read { side: self.side, source: error }),
            }
        }
    }
}
