//! Pages of events: the next page is read while one is used.

use std::{pin::Pin, sync::Arc};

use tokio_util::task::AbortOnDropHandle;

use crate::{
    ReadError, RecordedEvent,
    store::{LogPage, StoreError},
};

/// The size of the first page: a caller that needs only a few events does not wait for thousands.
pub(super) const FIRST: usize = 250;
/// The maximum size of a page: enough that the round trip costs little.
const PAGE: usize = 8_000;

/// A page, and the start of the next page, if there is one.
pub(super) type Read<P> = Result<(Vec<RecordedEvent>, Option<P>), ReadError>;

type Reading<P> = Pin<Box<dyn Future<Output = Read<P>> + Send>>;

/// Reads pages one after the other, each on a separate task, so that reading continues while the stream is not
/// polled. At most one page is read ahead.
pub(super) struct Pages<P> {
    read: Arc<dyn Fn(P, usize) -> Reading<P> + Send + Sync>,
    next: Next<P>,
    limit: usize,
}

enum Next<P> {
    /// Nothing is read before the first call.
    From(P),
    Reading(AbortOnDropHandle<Read<P>>),
    None,
}

impl<P: Send + 'static> Pages<P> {
    pub(super) fn new<F>(from: P, read: impl Fn(P, usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Read<P>> + Send + 'static,
    {
        let read = Arc::new(move |from, limit| -> Reading<P> { Box::pin(read(from, limit)) });
        Self { read, next: Next::From(from), limit: FIRST }
    }

    /// Whether the next page can be taken without waiting, or there is none.
    pub(super) fn is_ready(&self) -> bool {
        match &self.next {
            Next::From(_) => false,
            Next::Reading(reading) => reading.is_finished(),
            Next::None => true,
        }
    }

    /// The next page; `None` after the last. Starts reading the page after it.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let reading = match std::mem::replace(&mut self.next, Next::None) {
            Next::From(from) => self.begin(from),
            Next::Reading(reading) => reading,
            Next::None => return Ok(None),
        };
        let (events, next) = match reading.await {
            Ok(read) => read?,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(stopped) => {
                let source = Box::new(stopped);
                return Err(StoreError::Unavailable { action: "reading events", source }.into());
            }
        };
        if let Some(from) = next {
            // Twice the previous limit, but no more events than fit into the maximum bytes of a page.
            self.limit = (self.limit * 2).min(PAGE).min(events_within(LogPage::BYTES, &events));
            self.next = Next::Reading(self.begin(from));
        }
        Ok(Some(events))
    }

    fn begin(&self, from: P) -> AbortOnDropHandle<Read<P>> {
        AbortOnDropHandle::new(tokio::spawn((self.read)(from, self.limit)))
    }
}

/// How many events of this average size have this number of payload bytes; at least one.
fn events_within(bytes: usize, events: &[RecordedEvent]) -> usize {
    let all = events.iter().map(|event| event.payload().len()).sum::<usize>();
    (bytes / (all / events.len().max(1)).max(1)).max(1)
}
