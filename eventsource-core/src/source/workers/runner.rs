//! One partition at work: catches up by itself, then follows the feed, until it ends or loses its lease.

mod batch;
mod parked;
mod promote;
mod stop;

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::{
    sync::{Notify, broadcast::error::RecvError},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::batch::BatchFailure;
use super::{
    WorkerContext,
    feed::{self, Page},
};
use crate::{
    Position, RecordedEvent,
    source::consumer::{Consumer, Work, partition_of},
    store::{Generation, Lease, LogPage, ProjectionStore, StoreError},
};

/// How long a checkpoint may stand still in the store while nothing of interest happens in the log. Only those
/// who wait for it in other processes notice.
const KEEP_CHECKPOINT: Duration = Duration::from_millis(50);
/// How many events are read at first, when catching up.
const FIRST_PAGE: usize = 256;
/// How large a batch may become, in bytes of payload: what is in memory does not grow with the log.
const BATCH_BYTES: usize = 8 << 20;

pub(super) struct Runner<S: ProjectionStore> {
    pub(super) context: Arc<WorkerContext<S>>,
    pub(super) consumer: Arc<dyn Consumer<S>>,
    pub(super) generation: Generation,
    pub(super) lease: Lease,
    pub(super) token: CancellationToken,
    /// Something about this partition is to be looked at.
    pub(super) control: Arc<RunnerControl>,
    work: Box<dyn Work<S>>,
    parked: HashSet<String>,
    /// Everything up to here is applied.
    position: Position,
    /// The checkpoint in the store, which may be behind while nothing of interest happens.
    kept: Position,
    /// Since when it is behind.
    unkept: Option<Instant>,
    /// When a switch to committing with the events is tried again that the store refused.
    refused: Option<Instant>,
}

/// Signals from the coordinator to a runner.
#[derive(Default)]
pub(super) struct RunnerControl {
    notify: Notify,
    /// The generation as it was seen last, if it may commit with the events.
    promotable: Mutex<Option<Generation>>,
    fell_back: AtomicBool,
    building: AtomicBool,
    /// The checkpoint as the runner left it.
    kept: AtomicU64,
}

impl RunnerControl {
    pub(super) fn look_at_parked(&self) {
        self.notify.notify_one();
    }

    /// At every look: a program that comes up without the projection takes it back.
    pub(super) fn may_promote(&self, promotable: Option<&Generation>) {
        *self.promotable.lock().unwrap_or_else(PoisonError::into_inner) = promotable.cloned();
        if promotable.is_some() {
            self.notify.notify_one();
        }
    }

    fn promotable(&self) -> Option<Generation> {
        self.promotable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the generation is being made, which it ceases to be while it is worked.
    pub(super) fn building(&self, building: bool) {
        self.building.store(building, Ordering::Release);
    }

    pub(super) fn is_building(&self) -> bool {
        self.building.load(Ordering::Acquire)
    }

    pub(super) fn kept(&self) -> Position {
        Position::new(self.kept.load(Ordering::Acquire))
    }

    /// The checkpoint is further back than it was left.
    pub(super) fn fell_back(&self) {
        self.fell_back.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// Why a partition is not worked any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was told to end.
    Cancelled,
    /// Someone else has it, or the generation is gone.
    Lost,
    /// It failed, and says why in the store.
    Stopped,
    /// It commits with the events from now on.
    Promoted,
}

/// What keeps a runner from going on as it was.
enum Interrupt {
    End(End),
    /// The store could not do it. What is in the store is asked for again.
    Outage(StoreError),
    /// The place in the log changed, or what is parked: read on from there.
    Again,
}

impl From<StoreError> for Interrupt {
    fn from(error: StoreError) -> Self {
        Self::Outage(error)
    }
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
        let work = Arc::clone(&consumer).work();
        Self {
            context,
            consumer,
            generation,
            lease,
            token,
            control,
            work,
            parked: HashSet::new(),
            position: Position::START,
            kept: Position::START,
            unkept: None,
            refused: None,
        }
    }

    pub(super) async fn run(mut self) -> End {
        let outage = || {
            ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(20))
                .with_max_delay(Duration::from_secs(2))
                .without_max_times()
                .with_jitter()
                .build()
        };
        let mut delays = outage();
        loop {
            let before = self.position;
            match self.follow().await {
                Ok(never) => match never {},
                Err(Interrupt::End(end)) => return end,
                Err(Interrupt::Again) => {}
                Err(Interrupt::Outage(error)) => {
                    if self.position > before {
                        delays = outage();
                    }
                    let name = &self.generation.name;
                    tracing::warn!(projection = name, %error, "the store failed, trying again");
                    self.show(error).await;
                    let delay = delays.next().unwrap_or(Duration::from_secs(2));
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = self.token.cancelled() => return End::Cancelled,
                    }
                }
            }
        }
    }

    /// Shows an outage to all who ask for the status, if the store can be told: what is away may be something
    /// else that the projection needs.
    async fn show(&mut self, error: StoreError) {
        let text = crate::ProjectionError::from(error).to_string();
        let note = self.context.source.store.note_error(&self.lease, Some(&text));
        if tokio::time::timeout(Duration::from_secs(1), note).await.is_err() {
            tracing::debug!(
                projection = self.generation.name,
                "the store could not be told of its own outage"
            );
        }
    }

    /// Takes the place in the log and the parked keys from the store, and follows the log from there.
    async fn follow(&mut self) -> Result<std::convert::Infallible, Interrupt> {
        // What it remembers of rows is of a table that may have gone back: a server that crashed takes batches
        // with it that it had acknowledged.
        self.work = Arc::clone(&self.consumer).work();
        self.unkept = None;
        let store = &self.context.source.store;
        let Some((transaction, position)) = store.begin(&self.lease).await? else {
            return Err(Interrupt::End(End::Lost));
        };
        store.roll_back(transaction).await?;
        self.position = position;
        self.keep(position);
        // Where it went back, so does what others are told.
        self.context.progress(&self.lease, position, 0);
        self.load_parked().await?;
        let mut pages = self.context.feed.subscribe();
        self.catch_up().await?;
        // Another may have read further before it joined.
        while self.context.feed.join(self.position) > self.position {
            self.catch_up().await?;
        }
        loop {
            let keep_at = self.unkept.map(|since| since + KEEP_CHECKPOINT);
            tokio::select! {
                biased;
                () = self.token.cancelled() => {
                    self.keep_checkpoint().await?;
                    return Err(Interrupt::End(End::Cancelled));
                }
                () = self.control.notify.notified() => {
                    if self.control.fell_back.swap(false, Ordering::AcqRel) {
                        return Err(Interrupt::Again);
                    }
                    self.settle_parked().await?;
                    self.promote().await?;
                }
                page = pages.recv() => match page {
                    Ok(page) => {
                        let mut several = vec![page];
                        while let Ok(page) = pages.try_recv() {
                            several.push(page);
                        }
                        self.fed(several).await?;
                    }
                    Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Err(Interrupt::End(End::Cancelled)),
                },
                () = tokio::time::sleep_until(keep_at.unwrap_or_else(Instant::now)), if keep_at.is_some() => {
                    self.keep_checkpoint().await?;
                }
            }
        }
    }

    /// Reads for itself until it is at the head, and then looks at what waited for that.
    async fn catch_up(&mut self) -> Result<(), Interrupt> {
        let mut limit = FIRST_PAGE.min(self.context.options.batch_events);
        let mut next = self.read(self.position, limit);
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
                next = self.read(horizon, limit);
            }
            self.process(horizon, events.into_iter().map(Cow::Owned)).await?;
            if at_head {
                self.context.saw(horizon);
                self.settle_parked().await?;
                return self.promote().await;
            }
        }
    }

    fn read(&self, after: Position, limit: usize) -> AbortOnDropHandle<Result<LogPage, StoreError>> {
        let (context, consumer) = (Arc::clone(&self.context), Arc::clone(&self.consumer));
        let read = async move { context.source.store.read_log(after, consumer.filter(), limit).await };
        AbortOnDropHandle::new(tokio::spawn(read))
    }

    /// Twice as many as before while pages are full, and as many as fit the bytes a batch may have.
    fn next_limit(&self, limit: usize, events: &[RecordedEvent]) -> usize {
        let fit = feed::events_within(BATCH_BYTES, events);
        (limit * 2).min(fit).clamp(1, self.context.options.batch_events.max(1))
    }

    /// Takes pages of the feed, which may begin before or after the place it is at.
    async fn fed(&mut self, pages: Vec<Arc<Page>>) -> Result<(), Interrupt> {
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
            let wanted = |event: &&RecordedEvent| event.position > upto && filter.admits(&event.event_type);
            events.extend(page.events.iter().filter(wanted));
            upto = page.horizon;
        }
        self.process(upto, events.into_iter().map(Cow::Borrowed)).await
    }

    /// The checkpoint in the store is here.
    fn keep(&mut self, position: Position) {
        self.kept = position;
        self.control.kept.store(position.get(), Ordering::Release);
    }

    /// The keys that are parked. They change only by this runner, while it holds the lease.
    async fn load_parked(&mut self) -> Result<(), Interrupt> {
        let store = &self.context.source.store;
        let of = self.partitions();
        let parked = store.parked(self.generation.id).await?;
        let mine = |key: &String| partition_of(key, of) == self.lease.partition;
        self.parked =
            parked.into_iter().filter(|it| it.discarded.is_none()).map(|it| it.key).filter(mine).collect();
        Ok(())
    }

    fn partitions(&self) -> u32 {
        u32::try_from(self.generation.checkpoints.len()).unwrap_or(u32::MAX)
    }

    /// Writes down how far it is, if it has come further without anything to apply.
    async fn keep_checkpoint(&mut self) -> Result<(), Interrupt> {
        if self.unkept.is_some() {
            self.work.clear();
            self.transact(0, 0, self.position).await.map_err(BatchFailure::into_interrupt)?;
        }
        Ok(())
    }
}
