//! Decoding pages in parts on several cores, and returning the parts in the order of the log.

use std::{
    any::Any,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    thread::available_parallelism,
};

use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use super::pages::Pages;
use crate::{EventSet, ReadError, Recorded, RecordedEvent, store::StoreError};

/// The maximum number of events in a part: enough that moving a part between cores costs little, and few enough
/// that its list of events is not a large allocation.
pub(super) const PART: usize = 250;
/// The maximum bytes of payload in a part.
pub(super) const PART_BYTES: usize = 256 << 10;
/// Up to this number of events is decoded on the caller's task: spawning a task would take longer than decoding
/// them.
const FEW: usize = 64;
const FEW_BYTES: usize = 16 << 10;

/// Some consecutive events, decoded.
pub(super) struct Part<E> {
    pub(super) events: Vec<Recorded<E>>,
    /// The error or panic after these events, if they are the last.
    pub(super) end: Option<End>,
}

/// Why there are no more events.
pub(super) enum End {
    Error(Box<ReadError>),
    /// The application's code panicked.
    Panic(Box<dyn Any + Send>),
}

/// The parts that are being decoded, and the pages that follow.
///
/// Held in memory: the parts that are being decoded, the page that they are taken from, and the page that is being
/// read.
pub(super) struct Decoding<E, P> {
    pages: Pages<P>,
    page: Cut,
    decoding: VecDeque<AbortOnDropHandle<Part<E>>>,
    /// How many parts are decoded concurrently.
    concurrency: usize,
    /// Why there is no page after this one. Returned after all earlier events.
    end: Option<End>,
    /// Alive while the stream is. The decoding tasks stop once it is dropped.
    wanted: Arc<()>,
}

impl<E: EventSet, P: Send + 'static> Decoding<E, P> {
    pub(super) fn new(pages: Pages<P>) -> Self {
        Self {
            pages,
            page: Cut::default(),
            decoding: VecDeque::new(),
            // At least two: one is decoded while the other is returned.
            concurrency: available_parallelism().map_or(2, usize::from).max(2),
            end: None,
            wanted: Arc::new(()),
        }
    }

    /// The next events, in the order of the log; `None` at its end. Must not be called again after an end.
    pub(super) async fn next(&mut self) -> Option<Part<E>> {
        loop {
            while self.decoding.len() < self.concurrency
                && let Some(events) = self.page.next()
            {
                if self.decoding.is_empty() && is_little(&events) {
                    return Some(decode(events, &Arc::downgrade(&self.wanted)));
                }
                let wanted = Arc::downgrade(&self.wanted);
                self.decoding
                    .push_back(AbortOnDropHandle::new(spawn_blocking(move || decode(events, &wanted))));
            }
            // Takes the next page as soon as it is ready: otherwise a core without parts to decode would be idle.
            let needs_page = self.page.is_empty() && self.end.is_none();
            if needs_page && (self.decoding.is_empty() || self.pages.is_ready()) {
                match self.pages.next().await {
                    Ok(Some(page)) => {
                        self.page = Cut(page.into_iter());
                        continue;
                    }
                    Ok(None) if self.decoding.is_empty() => return None,
                    Ok(None) => {}
                    Err(error) => self.end = Some(End::Error(Box::new(error))),
                }
            }
            let Some(first) = self.decoding.pop_front() else {
                return self.end.take().map(|end| Part { events: Vec::new(), end: Some(end) });
            };
            return Some(first.await.unwrap_or_else(|failed| {
                let source = Box::new(failed);
                let error = StoreError::Unavailable { action: "decoding events", source };
                Part { events: Vec::new(), end: Some(End::Error(Box::new(error.into()))) }
            }));
        }
    }
}

/// A page that is cut into parts.
#[derive(Default)]
struct Cut(std::vec::IntoIter<RecordedEvent>);

impl Cut {
    fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn next(&mut self) -> Option<Vec<RecordedEvent>> {
        let mut bytes = 0;
        let fits = |event: &&RecordedEvent| {
            let fits = bytes < PART_BYTES;
            bytes += event.payload().len();
            fits
        };
        let events = self.0.as_slice().iter().take(PART).take_while(fits).count();
        (events > 0).then(|| self.0.by_ref().take(events).collect())
    }
}

fn is_little(events: &[RecordedEvent]) -> bool {
    events.len() <= FEW && events.iter().map(|event| event.payload().len()).sum::<usize>() <= FEW_BYTES
}

/// Decodes events up to the first one that cannot be decoded, or until the stream is dropped.
fn decode<E: EventSet>(recorded: Vec<RecordedEvent>, wanted: &Weak<()>) -> Part<E> {
    let mut events = Vec::with_capacity(recorded.len());
    // A panic does not affect the events before it.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        for event in recorded {
            if wanted.strong_count() == 0 {
                break;
            }
            event.decode_onto(&mut events)?;
        }
        Ok(())
    }));
    let end = match decoded {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(End::Error(Box::new(ReadError::Decode(error)))),
        Err(panic) => Some(End::Panic(panic)),
    };
    Part { events, end }
}
