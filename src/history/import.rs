//! Importing a history in chunks: the next chunk is collected while one is stored.

use std::{fmt, pin::pin, sync::Arc};

use futures_core::Stream;
use futures_util::{StreamExt, future::join, stream};

use crate::{
    EventSet, RecordedEvent, Retry, Undecodable,
    awake::Awake,
    store::{BoxError, EventStore, ImportError, ImportEvent, ImportFault, Imported, LogFilter},
};

/// How many events are stored at a time by default.
const CHUNK: usize = 5_000;
/// At how many bytes of payload a chunk is full, regardless of its number of events.
const CHUNK_BYTES: usize = 16 << 20;

/// An import with its options; [`events`](Self::events) or [`stream`](Self::stream) runs it. See
/// [`EventSource::import`](crate::EventSource::import).
///
/// Events are stored in the order in which they are given, which becomes their order in the log. Each event gets
/// the next version of its stream; an event that [has a version](ImportEvent::version) is refused if that is not
/// the next one.
///
/// **Repeating it.** An event that is stored already is skipped: its stream has an event with the same id, type
/// and schema version. To continue an import that was interrupted by an error, a crash or a lost connection, give
/// it the same events again, from the first on; no event is missing or stored twice. An event without an id gets
/// one that is derived from the name given to [`from`](Self::from) and from its version or its number in the
/// import: the same number must then be the same event each time. If another process appends to the same streams
/// meanwhile, events without a version are stored after the events of that process.
///
/// **Decoding.** An event [of this program](ImportEvent::new) is decoded before it is stored, as after a command. JSON
/// [of another system](ImportEvent::raw) is decoded too if [`readable_as`](Self::readable_as) names the set that will
/// read it. An event that cannot be decoded ends the import.
///
/// **Chunks.** Each chunk is stored as a whole or not at all, and readers of the log wait for it as for any
/// append. When an import fails, the chunks before the failed one stay stored.
#[must_use = "nothing is imported without `events` or `stream`"]
pub struct Import<'a, S> {
    chunks: Chunks<'a, S>,
    progress: Option<Box<dyn FnMut(Imported) + Send + 'a>>,
}

/// How events are collected into chunks and stored.
struct Chunks<'a, S> {
    store: &'a S,
    retry: &'a Retry,
    awake: &'a Arc<Awake<S>>,
    name: Option<String>,
    size: usize,
    reader: Option<Reader>,
}

/// An event set, and the events that it reads.
struct Reader {
    reads: LogFilter,
    check: fn(&ImportEvent) -> Result<(), Undecodable>,
}

/// An item that can be imported: an event to import, a recorded event of another store, or a `Result` of either,
/// whose error ends the import.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be imported as an event",
    note = "convert it to a `store::ImportEvent`: with `new` from an event of this program, with `raw` from JSON"
)]
pub trait ImportItem {
    /// Converts the item to an event to import.
    ///
    /// # Errors
    ///
    /// If the event could not be read or converted.
    fn into_event(self) -> Result<ImportEvent, BoxError>;
}

impl<'a, S: EventStore> Import<'a, S> {
    pub(crate) fn new(store: &'a S, retry: &'a Retry, awake: &'a Arc<Awake<S>>) -> Self {
        let chunks = Chunks { store, retry, awake, name: None, size: CHUNK, reader: None };
        Self { chunks, progress: None }
    }

    /// Names the origin of the events, from which ids are derived for events without an id. Use the same name each
    /// time the import is repeated, and a different name for different events.
    pub fn from(mut self, name: impl Into<String>) -> Self {
        self.chunks.name = Some(name.into());
        self
    }

    /// Names the event set of the program that will read the events. Each event that `E` reads, because of its type or
    /// of the category of its stream, is then decoded and upcast before it is stored. Without it, an event that no
    /// program can read is found only when it is read.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use eventsource::store::{ImportError, ImportEvent};
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// let stream = StreamId::of::<Account>("acc-1")?;
    /// let event = ImportEvent::raw(stream, "account.deposited", 1, r#"{"amount":"a hundred"}"#)?;
    /// let import = es.import().from("the ledger of 2011").readable_as::<AccountEvent>().events([event]);
    /// assert!(matches!(import.await, Err(ImportError::Undecodable { number: 1, .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn readable_as<E: EventSet>(mut self) -> Self {
        self.chunks.reader = Some(Reader { reads: LogFilter::of::<E>(), check: ImportEvent::check_as::<E> });
        self
    }

    /// Sets how many events are stored at a time: 5,000 by default, fewer if their payloads reach 16 MiB. Readers
    /// wait while a chunk is stored, and larger chunks are hardly faster.
    pub fn chunk(mut self, events: usize) -> Self {
        self.chunks.size = events.max(1);
        self
    }

    /// Calls `progress` after every chunk with what was imported so far.
    pub fn with_progress(self, progress: impl FnMut(Imported) + Send + 'a) -> Self {
        Self { progress: Some(Box::new(progress)), ..self }
    }

    /// Imports these events.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`], [`ImportError::Undecodable`] and [`ImportError::Input`] name the 1-based number of
    /// the event. If the store fails, the chunk is retried as [`Retry`](crate::Retry) says.
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
        let mut chunk = chunks.next_chunk(&mut events, 0).await?;
        while !chunk.is_empty() {
            let before = total.events();
            let after = before + chunk.len() as u64;
            // Of two failures, the one that comes first in the order of the events is returned.
            let (stored, next) = join(chunks.store(&chunk), chunks.next_chunk(&mut events, after)).await;
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
    /// Collects the next chunk. `before` is the number of events before it.
    async fn next_chunk<T>(&self, events: &mut T, before: u64) -> Result<Vec<ImportEvent>, ImportError>
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
            self.check(&event).map_err(|source| undecodable(number, &event, source))?;
            bytes += event.event.payload.get().len();
            chunk.push(event);
        }
        Ok(chunk)
    }

    fn check(&self, event: &ImportEvent) -> Result<(), Undecodable> {
        event.check()?;
        match &self.reader {
            Some(Reader { reads, check })
                if reads.selects(event.stream.category(), &event.event.event_type) =>
            {
                check(event)
            }
            _ => Ok(()),
        }
    }

    async fn store(&self, chunk: &[ImportEvent]) -> Result<Imported, ImportError> {
        let mut delays = self.retry.delays();
        loop {
            match self.store.import(chunk).await {
                Ok(imported) => {
                    if imported.stored > 0 {
                        self.awake.wake(imported.position);
                    }
                    return Ok(imported);
                }
                Err(error) => match delays.next().filter(|_| error.is_retryable()) {
                    Some(delay) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "could not import a chunk; trying again"
                        );
                        tokio::time::sleep(delay).await;
                    }
                    None => return Err(error),
                },
            }
        }
    }
}

fn undecodable(number: u64, event: &ImportEvent, source: Undecodable) -> ImportError {
    ImportError::Undecodable {
        number,
        stream: event.stream.clone(),
        event_type: event.event.event_type.to_string(),
        schema_version: event.event.schema_version,
        source: source.without_values(),
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
