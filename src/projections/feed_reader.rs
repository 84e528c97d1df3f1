//! The one reader of the end of the log, which fills the [`feed`](super::feed).

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    context::WorkerContext,
    feed::{Page, events_within},
    meters,
    outages::Task,
};
use crate::{
    Position,
    store::{LogFilter, LogPage, ProjectionStore},
};

/// How many events the feed reads at a time.
const PAGE: usize = 1_000;
/// The maximum size of a page in bytes. Up to `PAGES` pages are kept for partitions that are behind.
const PAGE_BYTES: usize = 1 << 20;
/// The shortest wait between two reads of the log.
const MIN_WAIT: Duration = Duration::from_millis(1);
/// How long the horizon may stay below the last append of this process before its holders are logged.
const HELD_BACK: Duration = Duration::from_secs(5);

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
                    feed.send(Page { after: position, horizon, events });
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

/// Since when the horizon has been below the last append, and when its holders were logged last.
#[derive(Default)]
struct HeldBack {
    at: Position,
    since: Option<Instant>,
    /// When the holders were logged last.
    logged: Option<Instant>,
}

impl HeldBack {
    /// A transaction that hangs blocks every reader: it is logged, so that an operator can end it.
    async fn check<S: ProjectionStore>(&mut self, context: &WorkerContext<S>, horizon: Position) {
        let Some(time) = self.report(horizon, context.engine.awake.position(), Instant::now()) else {
            return;
        };
        meters::held_back(time);
        if time.is_zero() {
            return;
        }
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

    /// For how long the horizon has been held back, if that is due to be reported: at intervals, and zero at the end.
    fn report(&mut self, horizon: Position, appended: Position, now: Instant) -> Option<Duration> {
        if horizon > self.at || horizon >= appended {
            let ended = self.since.map(|_| Duration::ZERO);
            *self = Self { at: horizon, since: None, logged: None };
            return ended;
        }
        let since = *self.since.get_or_insert(now);
        if now - self.logged.unwrap_or(since) < HELD_BACK {
            return None;
        }
        self.logged = Some(now);
        Some(now - since)
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
    fn a_horizon_below_the_last_append_is_reported_at_intervals_until_it_advances() {
        let mut held_back = HeldBack::default();
        let start = Instant::now();
        let mut report = |horizon, appended, seconds| {
            let now = start + Duration::from_secs(seconds);
            held_back.report(Position::new(horizon), Position::new(appended), now).map(|it| it.as_secs())
        };
        assert_eq!(report(4, 9, 0), None, "it has just advanced");
        assert_eq!(report(4, 9, 1), None, "from here on it is held back");
        assert_eq!(report(4, 9, 5), None);
        assert_eq!(report(4, 9, 6), Some(5));
        assert_eq!(report(4, 9, 10), None, "it was reported four seconds ago");
        assert_eq!(report(4, 9, 11), Some(10));
        assert_eq!(report(5, 9, 12), Some(0), "it advances");
        assert_eq!(report(5, 9, 13), None, "it is held back again");
        assert_eq!(report(5, 9, 17), None);
        assert_eq!(report(9, 9, 18), Some(0));
        assert_eq!(report(9, 9, 60), None, "nothing is missing");
        assert_eq!(report(9, 9, 70), None);
        assert_eq!(report(9, 10, 71), None);
        assert_eq!(report(9, 10, 76), Some(5));
    }
}
