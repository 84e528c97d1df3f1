//! The pages of the end of the log, read once for all partitions of this process that have caught up.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Notify, broadcast};

use crate::{Position, RecordedEvent};

/// How many pages a partition may be behind the feed before it has to read the log itself.
const PAGES: usize = 64;

/// A page of the log, for all partitions.
pub(super) struct Page {
    pub(super) after: Position,
    pub(super) horizon: Position,
    pub(super) events: Vec<RecordedEvent>,
}

pub(super) struct Feed {
    pages: broadcast::Sender<Arc<Page>>,
    /// Where the feed begins: the position at which the first partition reached the end of the log.
    start: Mutex<Option<Position>>,
    /// Notified when the feed can start, and when it has to go back.
    pub(super) wake: Notify,
    /// The end of the last page.
    position: AtomicU64,
    /// The position to which the feed has to go back.
    rewind_to: Mutex<Option<Position>>,
}

impl Feed {
    pub(super) fn new() -> Self {
        let pages = broadcast::Sender::new(PAGES);
        let (start, rewind_to) = (Mutex::default(), Mutex::default());
        Self { pages, start, wake: Notify::new(), position: AtomicU64::new(0), rewind_to }
    }

    /// Without a subscriber, each partition reads the log itself later.
    pub(super) fn send(&self, page: Page) {
        let _ = self.pages.send(Arc::new(page));
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Page>> {
        self.pages.subscribe()
    }

    /// Joins the feed after reading the log up to its end at `head`, from which on the caller needs the pages.
    ///
    /// A feed that is further than that goes back. Either the log has grown since its end was read, and a page is sent
    /// twice, which does no harm. Or a server that crashed has lost the end of the log, and the feed would not see the
    /// new events at those positions.
    pub(super) fn join(&self, head: Position) {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *start.get_or_insert(head);
        if start > head || self.position.load(Ordering::Acquire) > head.get() {
            self.rewind(head);
        }
        self.wake.notify_one();
    }

    /// Goes back at the next read: the log may have lost its end, and other events may have those positions now.
    /// Partitions skip events that they have applied already.
    pub(super) fn rewind(&self, to: Position) {
        let mut rewind_to = self.rewind_to.lock().unwrap_or_else(PoisonError::into_inner);
        *rewind_to = Some(rewind_to.map_or(to, |other| other.min(to)));
        self.wake.notify_one();
    }

    pub(super) fn take_rewind(&self) -> Option<Position> {
        self.rewind_to.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn moved_to(&self, position: Position) {
        self.position.store(position.get(), Ordering::Release);
    }

    pub(super) fn start(&self) -> Option<Position> {
        *self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many events of this average size fit into this number of bytes; at least one.
pub(super) fn events_within(bytes: usize, events: &[RecordedEvent]) -> usize {
    // The context of an event takes about 256 bytes.
    let each = events.iter().map(|event| event.payload().len() + 256).sum::<usize>() / events.len().max(1);
    (bytes / each.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::sample::event;

    #[test]
    fn events_within_a_size_are_counted_by_their_average_with_their_context() {
        let of = |bytes: usize| event(1, &"x".repeat(bytes - r#""""#.len()));
        assert_eq!(events_within(10_000, &[of(744), of(744)]), 10);
        assert_eq!(events_within(10_000, &[of(244), of(1_244), of(744)]), 10);
        assert_eq!(events_within(10_000, &[of(20_000)]), 1, "at least one");
        assert_eq!(events_within(10_000, &[]), 10_000, "of unknown size");
    }

    #[test]
    fn a_feed_that_is_ahead_of_the_end_of_the_log_goes_back_when_a_partition_joins() {
        let feed = Feed::new();
        feed.join(Position::new(2));
        assert_eq!((feed.start(), feed.take_rewind()), (Some(Position::new(2)), None));
        feed.moved_to(Position::new(9));
        feed.join(Position::new(9));
        assert_eq!(feed.take_rewind(), None, "the partition is where the feed is");
        // The log has lost its end, and the partition has fallen back with it.
        feed.join(Position::new(4));
        assert_eq!(feed.take_rewind(), Some(Position::new(4)));
        // Even below the position at which the feed began.
        feed.moved_to(Position::new(1));
        feed.join(Position::new(1));
        assert_eq!(feed.take_rewind(), Some(Position::new(1)));
    }
}
