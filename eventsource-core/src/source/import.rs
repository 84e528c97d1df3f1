//! Importing a history: chunk by chunk, the next one being gathered while one is stored.

use std::{fmt, pin::pin, sync::Arc};

use futures_core::Stream;
use futures_util::{StreamExt, future::join, stream};

use super::Inner;
use crate::{
    RecordedEvent,
    store::{BoxError, EventStore, ImportError, ImportEvent, ImportFault, Imported},
};

/// How many events are stored at a time, unless it is said.
const CHUNK: usize = 5_000;
/// At how many bytes of payload a chunk is full, whatever its number of events.
const CHUNK_BYTES: usize = 16 << 20;

/// An import about to begin, with the options it has; [`events`](Self::events) or [`stream`](Self::stream) gives it
/// what to import. See [`EventSource::import`](super::EventSource::import).
///
/// Events are stored in the order they are given, which is their order in the log. Each gets the version that
/// follows on from its stream; one that [has a version](ImportEvent::version) is refused if that is another.
///
/// **Repeating it.** An event that is stored already is passed over: its stream has an event of its id, type and
/// schema version. So an import that was interrupted, whether by an error, a crash or a lost connection, is given
/// the same events once more, from the first on, and nothing is missing or there twice. Events without an id of
/// their own get one that is made of the name [`from`](Self::from) gives, and of their version or their number in
/// the import: then the same number must be the same event each time. While someone else appends to the same
/// streams, events without a version end up after theirs.
///
/// **Chunks.** Each is stored whole or not at all, and readers of the log wait for it as for any append. When an
/// import ends with an error, the chunks before it stay.
#[must_use = "nothing is imported without `events` or `stream`"]
pub struct Import<'a, S> {
    chunks: Chunks<'a, S>,
    progress: Option<Box<dyn FnMut(Imported) + Send + 'a>>,
}

/// How events are gathered and stored.
struct Chunks<'a, S> {
    source: &'a Arc<Inner<S>>,
    name: Option<String>,
    size: usize,
}

/// What can be imported: events, those of another store, and results of either, whose error ends the import.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event to be imported",
    note = "make a `store::ImportEvent` of it: with `new` from an event of this program, with `raw` from JSON"
)]
pub trait ImportItem {
    /// The event, or why there is none.
    ///
    /// # Errors
    ///
    /// If the event could not be read or made.
    fn into_event(self) -> Result<ImportEvent, BoxError>;
}

impl<'a, S: EventStore> Import<'a, S> {
    pub(super) fn new(source: &'a Arc<Inner<S>>) -> Self {
        Self { chunks: Chunks { source, name: None, size: CHUNK }, progress: None }
    }

    /// Names where the events come from, for those that have no id: the same name each time the import is
    /// repeated, and another one for other events.
    pub fn from(mut self, name: impl Into<String>) -> Self {
        self.chunks.name = Some(name.into());
        self
    }

    /// How many events are stored at a time; 5,000 by default, and fewer where their payloads have 16 MiB. While
    /// a chunk is stored, readers wait for it: more of them at a time are hardly faster.
    pub fn chunk(mut self, events: usize) -> Self {
        self.chunks.size = events.max(1);
        self
    }

    /// Calls this after every chunk with what was imported so far.
    pub fn with_progress(self, progress: impl FnMut(Imported) + Send + 'a) -> Self {
        Self { progress: Some(Box::new(progress)), ..self }
    }

    /// Imports these events.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] and [`ImportError::Input`] name the number of the event, from 1. If the store
    /// fails, it is asked again as often as [`Retry`](super::Retry) says.
    pub async fn events<I>(self, events: I) -> Result<Imported, ImportError>
    where
        I: IntoIterator<Item: ImportItem, IntoIter: Send>,
    {
        self.stream(stream::iter(events)).await
    }

    /// Imports the events of a stream.
    ///
    /// # Errors
    ///
    /// As [`events`](Self::events).
    pub async fn stream<T>(self, events: T) -> Result<Imported, ImportError>
    where
        T: Stream<Item: ImportItem> + Send,
    {
        let Self { chunks, mut progress } = self;
        let mut events = pin!(events);
        let mut total = Imported::default();
        let mut chunk = chunks.gather(&mut events, 0).await?;
        while !chunk.is_empty() {
            let before = total.events();
            let after = before + chunk.len() as u64;
            // What fails first in the order of the events is what is told.
            let (stored, next) = join(chunks.store(&chunk), chunks.gather(&mut events, after)).await;
            total = total.and(stored.map_err(|error| error.after(before))?);
            if let Some(progress) = &mut progress {
                progress(total);
            }
            chunk = next?;
        }
        Ok(total)
    }
}

impl<S: EventStore> Chunks<'_, S> {
    /// The next events, until they are enough. `before` is how many came before them.
    async fn gather<T>(&self, events: &mut T, before: u64) -> Result<Vec<ImportEvent>, ImportError>
    where
        T: Stream<Item: ImportItem> + Unpin,
    {
        let mut chunk = Vec::new();
        let mut bytes = 0;
        while chunk.len() < self.size && bytes < CHUNK_BYTES {
            let Some(item) = events.next().await else { break };
            let number = before + chunk.len() as u64 + 1;
            let mut event = item.into_event().map_err(|source| ImportError::Input { number, source })?;
            match &self.name {
                Some(name) => event.identify(name, number),
                None if event.is_identified() => {}
                None => return Err(ImportError::Refused { number, fault: ImportFault::NoId }),
            }
            bytes += event.event.payload.get().len();
            chunk.push(event);
        }
        Ok(chunk)
    }

    async fn store(&self, chunk: &[ImportEvent]) -> Result<Imported, ImportError> {
        let mut delays = self.source.retry.delays();
        loop {
            match self.source.store.import(chunk).await {
                Ok(imported) => {
                    if imported.stored > 0 {
                        self.source.wake(imported.position);
                    }
                    return Ok(imported);
                }
                Err(error) => match delays.next().filter(|_| error.is_retryable()) {
                    Some(delay) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "an import was interrupted");
                        tokio::time::sleep(delay).await;
                    }
                    None => return Err(error),
                },
            }
        }
    }
}

impl ImportItem for ImportEvent {
    fn into_event(self) -> Result<ImportEvent, BoxError> {
        Ok(self)
    }
}

impl ImportItem for RecordedEvent {
    fn into_event(self) -> Result<ImportEvent, BoxError> {
        Ok(ImportEvent::try_from(self)?)
    }
}

impl<T: ImportItem, E: Into<BoxError>> ImportItem for Result<T, E> {
    fn into_event(self) -> Result<ImportEvent, BoxError> {
        self.map_err(Into::into)?.into_event()
    }
}

impl<S> fmt::Debug for Import<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Chunks { name, size, .. } = &self.chunks;
        f.debug_struct("Import").field("from", name).field("chunk", size).finish_non_exhaustive()
    }
}
