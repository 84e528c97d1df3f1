//! Decoding pages on several cores, in parts, and giving the parts in the order of the log.

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
use crate::{EventSet, Recorded, RecordedEvent, source::ReadError, store::StoreError};

/// How many events are decoded at a time: enough that handing them from core to core no longer counts, and few enough
/// that a list of them is no large allocation.
pub(super) const PART: usize = 250;
/// How many bytes of payload are.
pub(super) const PART_BYTES: usize = 256 << 10;
/// So few events are decoded where they are asked for: a task would take longer to begin than they take.
const FEW: usize = 64;
const FEW_BYTES: usize = 16 << 10;

/// Some events that follow each other, decoded.
pub(super) struct Part<E> {
    pub(super) events: Vec<Recorded<E>>,
    /// What comes after these events, if nothing else does.
    pub(super) end: Option<End>,
}

/// Why there are no more events.
pub(super) enum End {
    Error(Box<ReadError>),
    /// The application's code panicked.
    Panic(Box<dyn Any + Send>),
}

/// What is decoded at the moment, and what comes next.
///
/// In memory are, beside the parts that are at work: a page that they are taken from, and one that is being read.
pub(super) struct Decoding<E, P> {
    pages: Pages<P>,
    page: Cut,
    at_work: VecDeque<AbortOnDropHandle<Part<E>>>,
    /// How many parts are at work at a time.
    most: usize,
    /// Why there is no page after this one, told once everything before it was given.
    end: Option<End>,
    /// While somebody wants the events.
    wanted: Arc<()>,
}

impl<E: EventSet, P: Send + 'static> Decoding<E, P> {
    pub(super) fn new(pages: Pages<P>) -> Self {
        Self {
            pages,
            page: Cut::default(),
            at_work: VecDeque::new(),
            // Two at least: one is decoded while the other is handed out.
            most: available_parallelism().map_or(2, usize::from).max(2),
            end: None,
            wanted: Arc::new(()),
        }
    }

    /// The next events, in the order of the log; `None` at its end. Not asked again after an end.
    pub(super) async fn next(&mut self) -> Option<Part<E>> {
        loop {
            while self.at_work.len() < self.most
                && let Some(events) = self.page.next()
            {
                if self.at_work.is_empty() && is_little(&events) {
                    return Some(decode(events, &Arc::downgrade(&self.wanted)));
                }
                let wanted = Arc::downgrade(&self.wanted);
                self.at_work
                    .push_back(AbortOnDropHandle::new(spawn_blocking(move || decode(events, &wanted))));
            }
            // The next page as soon as it is there: a core that has nothing to decode would wait for it.
            let hungry = self.page.is_empty() && self.end.is_none();
            if hungry && (self.at_work.is_empty() || self.pages.is_ready()) {
                match self.pages.next().await {
                    Ok(Some(page)) => {
                        self.page = Cut(page.into_iter());
                        continue;
                    }
                    Ok(None) if self.at_work.is_empty() => return None,
                    Ok(None) => {}
                    Err(error) => self.end = Some(End::Error(Box::new(error))),
                }
            }
            let Some(first) = self.at_work.pop_front() else {
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

/// Decodes events up to the first that cannot be, or until nobody wants them.
fn decode<E: EventSet>(recorded: Vec<RecordedEvent>, wanted: &Weak<()>) -> Part<E> {
    let mut events = Vec::with_capacity(recorded.len());
    // A panic leaves the events before it as they are.
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
