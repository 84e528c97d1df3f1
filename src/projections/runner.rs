//! The task that processes one partition: it catches up alone, then follows the feed until it ends or loses its
//! lease.

mod batch;
mod control;
mod deliveries;
pub(super) mod outcome;
mod parked;
mod promote;
mod schedule;
mod stop;
mod timers;

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::{sync::broadcast::error::RecvError, time::Instant};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub(super) use self::control::RunnerControl;
use self::{
    deliveries::Deliveries,
    outcome::{BatchFailure, End, Interrupt, NewlyParked},
    schedule::Schedule,
    timers::Timers,
};
use super::{
    context::WorkerContext,
    feed::{self, Page},
    outages::Task,
};
use crate::{
    Position, ProjectionError, RecordedEvent,
    projections::consumer::{Consumer, Work},
    store::{Generation, Lease, LogPage, ProjectionKind, ProjectionStore, StoreError, StoreTransaction},
};

/// How long the checkpoint in the store may stay behind while the log has no events for this projection. Only
/// callers in other processes that wait for the checkpoint notice the delay.
const CHECKPOINT_DELAY: Duration = Duration::from_millis(50);
/// How often an event is tried that this program cannot process yet, before the partition is left to another program.
const ATTEMPTS: usize = 4;
/// How many events the first page has while catching up.
const FIRST_PAGE: usize = 256;
/// The maximum size of a batch of a policy: until it is committed, no reader of the log passes the events that its commands
/// record.
const POLICY_EVENTS: usize = 500;
/// The maximum size of a batch in bytes of payload, so that memory does not grow with the log.
const BATCH_BYTES: usize = 8 << 20;

pub(super) struct Runner<S: ProjectionStore> {
    pub(super) context: Arc<WorkerContext<S>>,
    pub(super) consumer: Arc<dyn Consumer<S>>,
    pub(super) generation: Generation,
    pub(super) lease: Lease,
    pub(super) token: CancellationToken,
    /// Signals from the coordinator.
    pub(super) control: Arc<RunnerControl>,
    work: Box<dyn Work<S>>,
    parked: HashSet<String>,
    schedule: Schedule,
    newly_parked: NewlyParked,
    /// When an event was parked last after all its attempts.
    gave_up: Option<Instant>,
    /// Everything up to here is applied.
    position: Position,
    /// The checkpoint in the store, which may be behind while the log has no events for this projection.
    checkpoint: Position,
    /// Since when the checkpoint is behind.
    behind_since: Option<Instant>,
    /// When a promotion that the store refused is tried again.
    refused: Option<Instant>,
    /// Its timers, if it is a consumer that has some.
    timers: Option<Timers>,
}

impl<S: ProjectionStore> Runner<S> {
    pub(super) fn new(
        context: Arc<WorkerContext<S>>,
        consumer: Arc<dyn Consumer<S>>,
        generation: Generation,
        lease: Lease,
        token: CancellationToken,
        control: Arc<RunnerControl>,
    ) -> Self {
        let work = Arc::clone(&consumer).work(&context.engine);
        let timers = Timers::of(consumer.definition().kind);
        Self {
            context,
            consumer,
            generation,
            lease,
            token,
            control,
            work,
            parked: HashSet::new(),
            schedule: Schedule::default(),
            newly_parked: NewlyParked::default(),
            gave_up: None,
            position: Position::START,
            checkpoint: Position::START,
            behind_since: None,
            refused: None,
            timers,
        }
    }

    pub(super) async fn run(mut self) -> End {
        let end = self.run_until_its_end().await;
        if end != End::GivenUp {
            self.context.outages.ended(Some(&self.generation.name), self.task());
        }
        end
    }

    fn task(&self) -> Task {
        Task::Runner((self.lease.generation, self.lease.partition))
    }

    /// The store can be used, and what the projection needs for its events.
    fn no_outage(&self) {
        self.context.outages.succeeded(Some(&self.generation.name), self.task());
    }

    async fn run_until_its_end(&mut self) -> End {
        let mut delays = outage_delays();
        let mut attempts = 0;
        loop {
            let before = self.position;
            match self.follow().await {
                Ok(never) => match never {},
                Err(Interrupt::End(end)) => return end,
                Err(Interrupt::Again) => continue,
                Err(Interrupt::Outage(error)) => self.failed_outside(error).await,
                Err(Interrupt::NotYet(error)) => {
                    self.cannot_continue_yet(&error).await;
                    attempts = if self.position > before { 1 } else { attempts + 1 };
                    if attempts == ATTEMPTS {
                        return End::GivenUp;
                    }
                }
            }
            if self.position > before {
                delays = outage_delays();
            }
            let delay = delays.next().unwrap_or(Duration::from_secs(2));
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.token.cancelled() => return End::Cancelled,
            }
        }
    }

    /// Logs an outage, and stores it as the last error: it may be that of another service that the projection needs.
    async fn failed_outside(&self, error: StoreError) {
        self.context.outages.failed(Some(&self.generation.name), self.task(), &error);
        self.note_soon(&ProjectionError::from(error).to_string()).await;
    }

    /// The same for what the events need.
    async fn cannot_continue_yet(&self, error: &ProjectionError) {
        self.context.outages.missing(Some(&self.generation.name), self.task(), error);
        self.note_soon(&error.to_string()).await;
    }

    /// Stores the last error, which the status shows, if the store can be written.
    async fn note_soon(&self, error: &str) {
        let note = self.context.engine.store.note_error(&self.lease, Some(error));
        if tokio::time::timeout(Duration::from_secs(1), note).await.is_err() {
            tracing::debug!(projection = self.generation.name, "could not store the last error");
        }
    }

    /// Reads the checkpoint and the parked keys from the store, and follows the log from there.
    async fn follow(&mut self) -> Result<std::convert::Infallible, Interrupt> {
        // The cached rows may be newer than the table: a server that crashed may have lost acknowledged batches.
        self.work = Arc::clone(&self.consumer).work(&self.context.engine);
        self.behind_since = None;
        let store = &self.context.engine.store;
        let Some((transaction, position)) = store.begin(&self.lease).await? else {
            return Err(Interrupt::End(End::Lost));
        };
        transaction.roll_back().await?;
        self.position = position;
        self.set_checkpoint(position);
        // If the checkpoint went back, the reported position goes back with it.
        self.context.progress(&self.lease, position, 0);
        self.load_parked().await?;
        if let Some(options) = self.consumer.delivery() {
            return Deliveries::new(self, options).run().await;
        }
        self.begin_timers().await?;
        let mut pages = self.context.feed.subscribe();
        let mut clock = self.context.engine.clock.subscribe();
        self.catch_up().await?;
        self.no_outage();
        self.context.feed.join(self.position);
        loop {
            let store_at = self.behind_since.map(|since| since + CHECKPOINT_DELAY);
            let retry_at = self.schedule.next().map(|at| self.context.engine.clock.comes_at(at));
            let timers_at = self.timers.as_ref().map(Timers::next);
            if self.token.is_cancelled() {
                self.store_checkpoint().await?;
                return Err(Interrupt::End(End::Cancelled));
            }
            // In random order, so that neither requests for many parked keys nor many pages delay the others.
            tokio::select! {
                () = self.token.cancelled() => {}
                () = self.control.notify.notified() => {
                    if self.control.fell_back.swap(false, Ordering::AcqRel) {
                        return Err(Interrupt::Again);
                    }
                    self.retry_parked().await?;
                    self.promote().await?;
                }
                page = pages.recv() => match page {
                    Ok(page) => {
                        let mut several = vec![page];
                        while let Ok(page) = pages.try_recv() {
                            several.push(page);
                        }
                        self.process_pages(several).await?;
                    }
                    Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Err(Interrupt::End(End::Cancelled)),
                },
                () = tokio::time::sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                    self.retry_due().await?;
                }
                () = tokio::time::sleep_until(timers_at.unwrap_or_else(Instant::now)), if timers_at.is_some() => {
                    self.fire_timers().await?;
                }
                // What waits for a time is looked at again.
                Ok(()) = clock.changed() => self.look_for_timers(),
                () = tokio::time::sleep_until(store_at.unwrap_or_else(Instant::now)), if store_at.is_some() => {
                    self.store_checkpoint().await?;
                }
            }
        }
    }

    /// Reads the log itself up to its end, and then handles requests that waited for that.
    async fn catch_up(&mut self) -> Result<(), Interrupt> {
        let mut limit = FIRST_PAGE.min(self.context.options.batch_events);
        let mut next = self.read(self.position, limit, Duration::ZERO);
        loop {
            let page = tokio::select! {
                page = &mut next => page,
                () = self.token.cancelled() => return Err(Interrupt::End(End::Cancelled)),
            };
            let LogPage { events, horizon, at_head } = match page {
                Ok(page) => page?,
                Err(_) => return Err(Interrupt::End(End::Cancelled)),
            };
            limit = self.next_limit(limit, &events);
            if !at_head {
                // Read while this page is applied.
                next = self.read(horizon, limit, Duration::ZERO);
            }
            self.process(horizon, events.into_iter().map(Cow::Owned)).await?;
            if at_head {
                self.context.saw(horizon);
                self.retry_parked().await?;
                return self.promote().await;
            }
        }
    }

    /// Reads a page of the log after a delay.
    fn read(
        &self,
        after: Position,
        limit: usize,
        delay: Duration,
    ) -> AbortOnDropHandle<Result<LogPage, StoreError>> {
        let (context, consumer) = (Arc::clone(&self.context), Arc::clone(&self.consumer));
        let read = async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            context.engine.store.read_log(after, consumer.filter(), limit).await
        };
        AbortOnDropHandle::new(tokio::spawn(read))
    }

    /// Twice the previous limit, but no more events than fit into the maximum bytes of a batch.
    fn next_limit(&self, limit: usize, events: &[RecordedEvent]) -> usize {
        let fit = feed::events_within(BATCH_BYTES, events);
        (limit * 2).min(fit).clamp(1, self.context.options.batch_events.max(1))
    }

    /// Processes pages of the feed, which may begin before or after the current position.
    async fn process_pages(&mut self, pages: Vec<Arc<Page>>) -> Result<(), Interrupt> {
        let mut upto = self.position;
        let mut events = Vec::new();
        for page in &pages {
            if page.horizon <= upto {
                continue;
            }
            if page.after > upto {
                return self.catch_up().await;
            }
            let filter = self.consumer.filter();
            let wanted =
                |event: &&RecordedEvent| event.context.position > upto && filter.admits(&event.context);
            events.extend(page.events.iter().filter(wanted));
            upto = page.horizon;
        }
        self.process(upto, events.into_iter().map(Cow::Borrowed)).await
    }

    /// Records that the checkpoint was stored.
    fn set_checkpoint(&mut self, position: Position) {
        self.checkpoint = position;
        self.control.checkpoint.store(position.get(), Ordering::Release);
    }

    /// Loads the parked keys. Only this runner changes them while it holds the lease.
    async fn load_parked(&mut self) -> Result<(), Interrupt> {
        let store = &self.context.engine.store;
        let keys = store.parked_keys(self.generation.id, self.lease.partition).await?;
        self.parked = keys.into_iter().collect();
        // The errors are known as texts only.
        let (again, now) = (self.consumer.on_failure().again, self.context.engine.clock.now());
        self.schedule = Schedule::default();
        for key in &self.parked {
            self.schedule.failed(key, again, now);
        }
        Ok(())
    }

    /// The maximum size of a batch.
    fn most_events(&self) -> usize {
        let most = self.context.options.batch_events.max(1);
        match self.generation.kind {
            ProjectionKind::Policy | ProjectionKind::Process => most.min(POLICY_EVENTS),
            _ => most,
        }
    }

    fn partitions(&self) -> u32 {
        u32::try_from(self.generation.checkpoints.len()).unwrap_or(u32::MAX)
    }

    /// Stores the checkpoint, if the position has advanced without events to apply.
    async fn store_checkpoint(&mut self) -> Result<(), Interrupt> {
        if self.behind_since.is_some() {
            self.work.clear();
            self.transact(0, 0, self.position).await.map_err(BatchFailure::into_interrupt)?;
        }
        Ok(())
    }
}

/// The delays between calls of a store that fail.
fn outage_delays() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests;
