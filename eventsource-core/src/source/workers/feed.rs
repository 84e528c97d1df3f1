//! The one reader of the log at its head, which feeds all partitions of this process that have caught up.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::{WorkerContext, meters};
use crate::{
    Position, RecordedEvent,
    store::{LogFilter, LogPage, ProjectionStore},
};

/// How many events the feed reads at a time.
const PAGE: usize = 1_000;
/// How large a page may become, in bytes: so many of them are kept for those who are behind.
const PAGE_BYTES: usize = 1 << 20;
/// How many pages a partition may be behind the feed before it has to read for itself.
const PAGES: usize = 64;
/// The shortest wait between two looks at the log.
const MIN_WAIT: Duration = Duration::from_millis(1);
/// How long the horizon may stand still below what this process appended before somebody is named.
const HELD_BACK: Duration = Duration::from_secs(5);

/// What is read of the log, for all who want it.
pub(super) struct Page {
    pub(super) after: Position,
    pub(super) horizon: Position,
    pub(super) events: Vec<RecordedEvent>,
}

pub(super) struct Feed {
    pages: broadcast::Sender<Arc<Page>>,
    /// Where the feed begins: where the first partition had read to the end.
    start: Mutex<Option<Position>>,
    started: Notify,
    /// Where it goes back to.
    back_to: Mutex<Option<Position>>,
}

impl Feed {
    pub(super) fn new() -> Self {
        let pages = broadcast::Sender::new(PAGES);
        Self { pages, start: Mutex::default(), started: Notify::new(), back_to: Mutex::default() }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Page>> {
        self.pages.subscribe()
    }

    /// Says that the log was read up to here, and nothing followed. Answers where the feed begins: what lies
    /// between the two is in no page of it.
    pub(super) fn join(&self, head: Position) -> Position {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        *start.get_or_insert_with(|| {
            self.started.notify_one();
            head
        })
    }

    /// Goes back at the next look: the log may have lost its end, and others have those positions now. Who has
    /// the events already passes over them.
    pub(super) fn rewind(&self, to: Position) {
        let mut back_to = self.back_to.lock().unwrap_or_else(PoisonError::into_inner);
        *back_to = Some(back_to.map_or(to, |other| other.min(to)));
    }

    fn rewound(&self) -> Option<Position> {
        self.back_to.lock().unwrap_or_else(PoisonError::into_inner).take()
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
                () = feed.started.notified() => {}
                () = token.cancelled() => return,
            },
        }
    };
    let mut wait = MIN_WAIT;
    let mut limit = PAGE;
    let mut held_back = HeldBack::default();
    loop {
        position = feed.rewound().map_or(position, |back| back.min(position));
        let page = tokio::select! {
            page = context.source.store.read_log(position, &filter, limit) => page,
            () = token.cancelled() => return,
        };
        match page {
            Ok(LogPage { events, horizon, at_head }) => {
                if horizon > position {
                    limit = events_within(PAGE_BYTES, &events).min(PAGE);
                    context.saw(horizon);
                    // Nobody may be listening; then each reads for itself later.
                    let _ = feed.pages.send(Arc::new(Page { after: position, horizon, events }));
                    position = horizon;
                    wait = MIN_WAIT;
                }
                held_back.look(&context, position).await;
                if !at_head {
                    continue;
                }
            }
            Err(error) => tracing::warn!(%error, "the log cannot be read, trying again"),
        }
        let awake = &context.source.awake;
        tokio::select! {
            () = awake.appended() => wait = MIN_WAIT,
            () = context.source.store.listen() => wait = MIN_WAIT,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(context.options.poll),
            () = token.cancelled() => return,
        }
    }
}

/// How many events such as these fit so many bytes; at least one.
pub(super) fn events_within(bytes: usize, events: &[RecordedEvent]) -> usize {
    // The context of an event is some 256 bytes.
    let each = events.iter().map(|event| event.payload().len() + 256).sum::<usize>() / events.len().max(1);
    (bytes / each.max(1)).max(1)
}

/// Since when the horizon stands below what was appended, and whether somebody was named for it.
#[derive(Default)]
struct HeldBack {
    at: Position,
    since: Option<tokio::time::Instant>,
    /// When it was last told who it is.
    told: Option<tokio::time::Instant>,
}

impl HeldBack {
    /// A transaction that hangs keeps every reader waiting: it is named, so that somebody can end it.
    async fn look<S: ProjectionStore>(&mut self, context: &WorkerContext<S>, horizon: Position) {
        if horizon > self.at || horizon >= context.source.awake.position() {
            if self.since.is_some() {
                meters::held_back(Duration::ZERO);
            }
            *self = Self { at: horizon, since: None, told: None };
            return;
        }
        let now = tokio::time::Instant::now();
        let since = *self.since.get_or_insert(now);
        if now - self.told.unwrap_or(since) < HELD_BACK {
            return;
        }
        self.told = Some(now);
        meters::held_back(now - since);
        for holder in context.source.store.horizon_holders().await.unwrap_or_default() {
            tracing::warn!(
                pid = holder.pid,
                application = holder.application,
                state = holder.state,
                age = ?holder.age,
                "a transaction holds back every reader of the log; if it hangs, end it"
            );
        }
    }
}
