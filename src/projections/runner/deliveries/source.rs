//! Where the events of a handler come from: the log, read by itself while it catches up, and then the feed.

use std::{sync::Arc, time::Duration};

use backon::ExponentialBackoff;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    Position,
    projections::{
        feed::Page,
        runner::{FIRST_PAGE, Runner, outage_delays},
    },
    store::{LogPage, ProjectionStore, StoreError},
};

pub(super) struct Source {
    pages: Receiver<Arc<Page>>,
    /// The page of the log that is read, while the handler catches up.
    reading: Option<AbortOnDropHandle<Result<LogPage, StoreError>>>,
    /// How many events that page may have.
    limit: usize,
    /// The delays between two reads that fail.
    delays: ExponentialBackoff,
    has_caught_up: bool,
}

pub(super) enum Read {
    /// A page of the log, to be followed by the next one unless it ends at the end of the log.
    Log(Result<LogPage, StoreError>),
    /// Pages of the feed.
    Pages(Vec<Arc<Page>>),
    /// The feed has dropped pages.
    Lagged,
    /// The workers are shutting down.
    Closed,
}

impl Source {
    pub(super) fn new<S: ProjectionStore>(runner: &Runner<S>) -> Self {
        let mut source = Self {
            pages: runner.context.feed.subscribe(),
            reading: None,
            limit: 0,
            delays: outage_delays(),
            has_caught_up: false,
        };
        source.catch_up(runner, runner.position);
        source
    }

    /// Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Read {
        if let Some(reading) = &mut self.reading {
            let page = reading.await;
            self.reading = None;
            return page.map_or(Read::Closed, Read::Log);
        }
        match self.pages.recv().await {
            Ok(page) => {
                let mut pages = vec![page];
                while let Ok(page) = self.pages.try_recv() {
                    pages.push(page);
                }
                Read::Pages(pages)
            }
            Err(RecvError::Lagged(_)) => Read::Lagged,
            Err(RecvError::Closed) => Read::Closed,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Reads the log from here up to its end.
    pub(super) fn catch_up<S: ProjectionStore>(&mut self, runner: &Runner<S>, after: Position) {
        self.read(runner, after, FIRST_PAGE.min(runner.context.options.batch_events.max(1)));
    }

    /// Reads the next page of the log.
    pub(super) fn read<S: ProjectionStore>(&mut self, runner: &Runner<S>, after: Position, limit: usize) {
        self.limit = limit;
        self.delays = outage_delays();
        self.reading = Some(runner.read(after, limit, Duration::ZERO));
    }

    /// Reads the same page again after a delay, which grows.
    pub(super) fn read_again<S: ProjectionStore>(&mut self, runner: &Runner<S>, after: Position) {
        let delay = self.delays.next().unwrap_or_default();
        self.reading = Some(runner.read(after, self.limit, delay));
    }

    /// The end of the log is reached. Returns whether this is the first time.
    pub(super) fn caught_up(&mut self) -> bool {
        !std::mem::replace(&mut self.has_caught_up, true)
    }
}
