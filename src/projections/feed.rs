//! The one reader of the end of the log, which feeds all partitions of this process that have caught up.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::{WorkerContext, meters, outages::Task};
use crate::{
    Position, RecordedEvent,
    store::{LogFilter, LogPage, ProjectionStore},
};

/// How many events the feed reads at a time.
const PAGE: usize = 1_000;
/// The maximum size of a page in bytes. Up to `PAGES` pages are kept for partitions that are behind.
const PAGE_BYTES: usize = 1 << 20;
/// How many pages a partition may be behind the feed before it has to read the log itself.
const PAGES: usize = 64;
/// The shortest wait between two reads of the log.
const MIN_WAIT: Duration = Duration::from_millis(1);
/// How long the horizon may stay below the last append of this process before its holders are logged.
const HELD_BACK: Duration = Duration::from_secs(5);

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
    wake: Notify,
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

    fn take_rewind(&self) -> Option<Position> {
        self.rewind_to.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn moved_to(&self, position: Position) {
        self.position.store(position.get(), Ordering::Release);
    }

    fn start(&self) -> Option<Position> {
        *self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the log from where the first partition has caught up, until the workers end.
pub(super) async fn run<S: ProjectionStore>(
    context: Arc<WorkerContext<S>>,
    filter: LogFilter,
    token: CancellationToken,
) {
    let feed = &context.feed;
    let mut position = loop {
        match feed.start() {
            Some(position) => break position,
            None => tokio::select! {
                () = feed.wake.notified() => {}
                () = token.cancelled() => return,
            },
        }
    };
    let mut wait = MIN_WAIT;
    let mut limit = PAGE;
    let mut held_back = HeldBack::default();
    loop {
        position = feed.take_rewind().map_or(position, |back| back.min(position));
        feed.moved_to(position);
        let page = tokio::select! {
            page = context.engine.store.read_log(position, &filter, limit) => page,
            () = token.cancelled() => return,
        };
        match page {
            Ok(LogPage { events, horizon, at_head }) => {
                context.outages.succeeded(None, Task::Feed);
                if horizon > position {
                    limit = events_within(PAGE_BYTES, &events).min(PAGE);
                    context.saw(horizon);
                    // There may be no subscriber; then each partition reads the log itself later.
                    let _ = feed.pages.send(Arc::new(Page { after: position, horizon, events }));
                    position = horizon;
                    feed.moved_to(position);
                    wait = MIN_WAIT;
                }
                held_back.check(&context, position).await;
                if !at_head {
                    continue;
                }
            }
            Err(error) => context.outages.failed(None, Task::Feed, &error),
        }
        let awake = &context.engine.awake;
        tokio::select! {
            () = awake.appended() => wait = MIN_WAIT,
            () = feed.wake.notified() => wait = MIN_WAIT,
            () = context.engine.store.listen() => wait = MIN_WAIT,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(context.options.poll),
            () = token.cancelled() => return,
        }
    }
}

/// How many events of this average size fit into this number of bytes; at least one.
pub(super) fn events_within(bytes: usize, events: &[RecordedEvent]) -> usize {
    // The context of an event takes about 256 bytes.
    let each = events.iter().map(|event| event.payload().len() + 256).sum::<usize>() / events.len().max(1);
    (bytes / each.max(1)).max(1)
}

/// Since when the horizon has been below the last append, and when its holders were logged last.
#[derive(Default)]
struct HeldBack {
    at: Position,
    since: Option<tokio::time::Instant>,
    /// When the holders were logged last.
    logged: Option<tokio::time::Instant>,
}

impl HeldBack {
    /// A transaction that hangs blocks every reader: it is logged, so that an operator can end it.
    async fn check<S: ProjectionStore>(&mut self, context: &WorkerContext<S>, horizon: Position) {
        if horizon > self.at || horizon >= context.engine.awake.position() {
            if self.since.is_some() {
                meters::held_back(Duration::ZERO);
            }
            *self = Self { at: horizon, since: None, logged: None };
            return;
        }
        let now = tokio::time::Instant::now();
        let since = *self.since.get_or_insert(now);
        if now - self.logged.unwrap_or(since) < HELD_BACK {
            return;
        }
        self.logged = Some(now);
        meters::held_back(now - since);
        for holder in context.engine.store.horizon_holders().await.unwrap_or_default() {
            tracing::warn!(
                pid = holder.pid,
                application = holder.application,
                state = holder.state,
                age = ?holder.age,
                "a transaction blocks all readers of the log; if it hangs, end it"
            );
        }
    }
}

/// The filter for all events that these consumers need.
pub(super) fn union_of<'a>(filters: impl Iterator<Item = &'a LogFilter>) -> LogFilter {
    let (mut names, mut categories) = (BTreeSet::new(), BTreeSet::new());
    for filter in filters {
        let Some(types) = &filter.event_types else { return LogFilter::all() };
        names.extend(types.iter().cloned());
        categories.extend(filter.categories.iter().cloned());
    }
    LogFilter { categories: categories.into_iter().collect(), ..LogFilter::of_types(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
