//! Copying a history into another store: the existing events are compared, the missing ones stored, and then both
//! logs are compared.

mod difference;
mod error;
mod log;
mod unequal;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::future::{join, try_join};

pub use self::{
    difference::{HistoryDifference, UnequalStream},
    error::{CopyError, CopySide},
};
use self::{
    log::{Chunk, Log},
    unequal::Unequal,
};
use crate::{
    Position, RecordedEvent, Retry, Version,
    store::{EventStore, Imported},
};

/// How many events are read and stored at a time by default.
const CHUNK: usize = 5_000;

/// Copies the history of one store into another: every event, in the order of the log, with its id, stream,
/// version, type, schema version, payload, metadata and time. Only the positions are assigned by the target.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Tried {
/// let from = EventSource::new(MemoryStore::new());        // say, a SqliteStore
/// from.execute(Deposit("acc-1", 100)).await?;
/// from.execute(Deposit("acc-2", 50)).await?;
///
/// let to = MemoryStore::new();                            // say, a PostgresStore
/// let copied = eventsource::history::copy(from.store(), &to)
///     .with_progress(|so_far| println!("{}: {} of {}", so_far.step, so_far.position, so_far.until))
///     .await?;
/// assert_eq!((copied.events, copied.streams, copied.stored), (2, 2, 2));
///
/// from.execute(Deposit("acc-1", 20)).await?;
/// let again = eventsource::history::copy(from.store(), &to).await?;
/// assert_eq!((again.events, again.stored), (3, 1));
/// assert_eq!(EventSource::new(to).load::<Account>("acc-1").await?.state.balance, 120);
/// # Ok(())
/// # }
/// ```
///
/// **The target** must be empty, or hold the beginning of the same history: each of its events is compared with
/// the event of the source, and the events after them are stored. A target with another history is refused before
/// anything is stored. So a copy that was interrupted can be repeated unchanged, and stores only the missing
/// events. No other process should write to the target meanwhile.
///
/// **At the end** both logs are read again from the first event on, and each event of the source is compared with
/// its counterpart in the target, in order. Differences are reported by stream.
///
/// **While the source is in use**, the events that it holds when the copy begins are copied: every event up to the
/// horizon of its log, so every acknowledged event, unless an earlier append is still running. Later events are
/// copied by another call. To move a program, copy while it runs; stop it, and copy again, which stores the new
/// events; then start it on the target.
///
/// **Not copied** is everything outside the log. Snapshots and read models are rebuilt by the program that uses
/// the target. Register existing event handlers with [`StartAt::Now`](crate::store::StartAt::Now), or they handle the
/// whole history again. An append that is repeated after the move is recognised by its event ids. *Idempotency
/// keys* cannot be read from a store, so a command that is repeated under its key is executed again: let
/// repetitions end before the move. Inline projections of the target must be [demoted](crate::EventSource::demote)
/// first.
///
/// **Memory**: a page of each log, and two pages of the source while events are stored: about 10,000 events, or
/// fewer if payloads are large. If the logs differ at the end, a count and a hash for up to
/// [`MAX_UNEQUAL`](CopyError::MAX_UNEQUAL) streams.
///
/// # Errors
///
/// See [`CopyError`]. The source is only read, even on an error.
pub fn copy<'a, F, T>(from: &'a F, to: &'a T) -> Copying<'a, F, T>
where
    F: EventStore + ?Sized,
    T: EventStore + ?Sized,
{
    Copying { from, to, chunk: CHUNK, retry: Retry::default(), progress: Progress(None) }
}

/// A copy, which `.await` runs. See [`copy`].
#[must_use = "nothing is copied without `.await`"]
pub struct Copying<'a, F: ?Sized, T: ?Sized> {
    from: &'a F,
    to: &'a T,
    chunk: usize,
    retry: Retry,
    progress: Progress<'a>,
}

/// A step of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyStep {
    /// The existing events of the target are compared with the source.
    Comparing,
    /// Events are stored.
    Storing,
    /// The two logs are compared as a whole.
    Verifying,
}

/// The progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyProgress {
    /// The current step.
    pub step: CopyStep,
    /// How many events the target is known to hold; while verifying, how many were compared.
    pub events: u64,
    /// The position of the last of them in the source.
    pub position: Position,
    /// The position in the source at which the step ends. Not every position has an event.
    pub until: Position,
}

/// The result of a copy. Source and target hold the same history up to `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The number of events of the history.
    pub events: u64,
    /// The number of its streams.
    pub streams: u64,
    /// How many of the events were stored by this call; the target already had the others.
    pub stored: u64,
    /// The position up to which the log of the source was copied.
    pub until: Position,
    /// The position of the last event in the target: a read model is complete when it has reached it.
    pub position: Position,
}

impl<'a, F: EventStore + ?Sized, T: EventStore + ?Sized> Copying<'a, F, T> {
    /// Sets how many events are stored at a time: 5,000 by default, fewer if a [page of the
    /// log](crate::store::LogPage::BYTES) has fewer.
    pub fn chunk(self, events: usize) -> Self {
        Self { chunk: events.max(1), ..self }
    }

    /// Sets how long an operation on either store is retried after a [retryable
    /// error](crate::store::StoreError::is_retryable); 10 seconds by default.
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// Calls `progress` after every chunk with the progress.
    pub fn with_progress(self, progress: impl FnMut(CopyProgress) + Send + 'a) -> Self {
        Self { progress: Progress(Some(Box::new(progress))), ..self }
    }

    async fn run(mut self) -> Result<Copied, CopyError> {
        let mut source = Log::new(self.from, CopySide::Source, self.chunk, self.retry);
        let until = source.head().await?;
        let existing = self.compare(&mut source, until).await?;
        match self.store(source, existing, until).await? {
            Some(Imported { stored, position, .. }) => {
                Ok(Copied { stored, ..self.verify(until, position).await? })
            }
            // All events have just been compared.
            None => Ok(existing),
        }
    }

    /// Compares the events of the target, each of which must be the next one of the source.
    async fn compare(&mut self, source: &mut Log<'a, F>, until: Position) -> Result<Copied, CopyError> {
        let mut target = Log::new(self.to, CopySide::Target, self.chunk, self.retry);
        let end = target.head().await?;
        let mut seen = Copied { events: 0, streams: 0, stored: 0, until, position: Position::START };
        loop {
            try_join(source.fill(), target.fill()).await?;
            let Some(theirs) = target.next_until(end) else { return Ok(seen) };
            let ours = source.next();
            if let Some(difference) = HistoryDifference::between(ours.as_ref(), Some(&theirs)) {
                return Err(match ours {
                    Some(_) => CopyError::OtherHistory { difference },
                    None => CopyError::Ahead { event: Box::new(theirs.context) },
                });
            }
            seen.count(&theirs);
            if source.is_page_read() {
                self.progress.tell(CopyStep::Comparing, seen.events, source.position(), until);
            }
        }
    }

    /// Stores the remaining events of the source; the next chunk is read while one is stored. `None` if no event
    /// remains.
    async fn store(
        &mut self,
        mut source: Log<'a, F>,
        existing: Copied,
        until: Position,
    ) -> Result<Option<Imported>, CopyError> {
        let (mut events, mut total) = (existing.events, None);
        let mut chunk = source.chunk(until).await?;
        while !chunk.events.is_empty() {
            let (imported, next) = join(import(self.to, self.retry, &chunk), source.chunk(until)).await;
            total = Some(total.unwrap_or_else(Imported::default).and(imported?));
            events += chunk.events.len() as u64;
            self.progress.tell(CopyStep::Storing, events, chunk.end, until);
            chunk = next?;
        }
        Ok(total)
    }

    /// Reads both logs from the beginning and compares each event with its counterpart. The last stored event is
    /// at position `stored` of the target.
    async fn verify(&mut self, until: Position, stored: Position) -> Result<Copied, CopyError> {
        let mut source = Log::new(self.from, CopySide::Source, self.chunk, self.retry);
        let mut target = Log::new(self.to, CopySide::Target, self.chunk, self.retry);
        let end = target.head_at_least(stored).await?;
        let mut seen = Copied { events: 0, streams: 0, stored: 0, until, position: Position::START };
        let mut unequal = Unequal::default();
        while !unequal.are_too_many() {
            try_join(source.fill(), target.fill()).await?;
            let theirs = target.next_until(end);
            let ours = match theirs {
                // A concurrent copy may have gone further.
                Some(_) => source.next(),
                None => source.next_until(until),
            };
            if ours.is_none() && theirs.is_none() {
                break;
            }
            unequal.add(ours.as_ref(), theirs.as_ref());
            if let Some(theirs) = theirs {
                seen.count(&theirs);
            }
            if source.is_page_read() {
                self.progress.tell(CopyStep::Verifying, seen.events, source.position(), until);
            }
        }
        unequal.into_result()?;
        Ok(seen)
    }
}

async fn import<T: EventStore + ?Sized>(to: &T, retry: Retry, chunk: &Chunk) -> Result<Imported, CopyError> {
    let mut delays = retry.delays();
    loop {
        let error = match to.import(&chunk.events).await {
            Ok(imported) => return Ok(imported),
            Err(error) => error,
        };
        match delays.next().filter(|_| error.is_retryable()) {
            Some(delay) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not store a chunk of the copy; trying again"
                );
                tokio::time::sleep(delay).await;
            }
            None => return Err(CopyError::importing(error, &chunk.events)),
        }
    }
}

impl Copied {
    fn count(&mut self, event: &RecordedEvent) {
        self.events += 1;
        self.streams += u64::from(event.context.version == Version::new(1));
        self.position = event.context.position;
    }
}

/// The callback for the progress, if any.
struct Progress<'a>(Option<Box<dyn FnMut(CopyProgress) + Send + 'a>>);

impl Progress<'_> {
    fn tell(&mut self, step: CopyStep, events: u64, position: Position, until: Position) {
        if let Some(tell) = &mut self.0 {
            tell(CopyProgress { step, events, position, until });
        }
    }
}

impl<'a, F: EventStore + ?Sized, T: EventStore + ?Sized> IntoFuture for Copying<'a, F, T> {
    type Output = Result<Copied, CopyError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Display for CopyStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Comparing => "comparing",
            Self::Storing => "storing",
            Self::Verifying => "verifying",
        })
    }
}

impl<F: ?Sized, T: ?Sized> fmt::Debug for Copying<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copying")
            .field("chunk", &self.chunk)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
