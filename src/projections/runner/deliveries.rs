//! Delivering events to an event handler: those of different keys at the same time, those of one key in order. The
//! checkpoint is the position up to which all of them are handled or parked.

mod commit;
mod retry;
mod source;
mod window;

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    convert::Infallible,
    error::Error,
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use self::{
    commit::Commits,
    retry::Retried,
    source::{Read, Source},
    window::{Number, Window},
};
use super::{
    CHECKPOINT_DELAY, Runner,
    batch::{Attempts, Blocked},
    outcome::{End, Interrupt},
};
use crate::{
    Again, OnFailure, Position, RecordedEvent,
    projections::{
        consumer::{Deliver, DeliveryOptions, Fault, guarded},
        feed::Page,
    },
    store::{LogPage, ProjectionStore, StopReason},
};
use eventsource_core::projection::OnceError;

/// The delay after an outage of the store.
const OUTAGE: Duration = Duration::from_secs(1);

/// Delivers the events of one partition, from its checkpoint until the runner ends or has to read its state again.
pub(super) struct Deliveries<'r, S: ProjectionStore> {
    runner: &'r mut Runner<S>,
    options: DeliveryOptions,
    window: Window,
    source: Source,
    /// The deliveries in progress, the delays between two attempts, and the retries of parked keys.
    tasks: JoinSet<Ended>,
    /// The number of attempts on the events that have failed.
    attempts: HashMap<Number, usize>,
    /// The parked keys to retry next.
    retries: VecDeque<String>,
    /// Whether the last started task was a retry: new events and retries alternate.
    retried_last: bool,
    commits: Commits,
    stop: Option<Stop>,
    /// Cancelled when no delay is waited for any more.
    ending: CancellationToken,
}

/// Whether a handler could not begin or report an effect because of an outage of the store.
fn is_outage(fault: &Fault) -> bool {
    let Fault::Failed(error) = fault else { return false };
    let mut cause: Option<&(dyn Error + 'static)> = Some(error.inner());
    while let Some(error) = cause {
        if error.downcast_ref().is_some_and(OnceError::is_retryable) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Why the partition stops, and before which position.
struct Stop {
    position: Position,
    reason: StopReason,
    /// When it continues by itself.
    again: Option<Again>,
}

/// How a task ended.
enum Ended {
    Handled {
        number: Number,
        result: Result<(), Fault>,
    },
    /// The delay before the next attempt is over.
    Waited {
        number: Number,
    },
    Retried {
        key: String,
        result: Result<Retried, Interrupt>,
    },
}

impl<'r, S: ProjectionStore> Deliveries<'r, S> {
    /// The state of the runner is that of the store.
    pub(super) fn new(runner: &'r mut Runner<S>, options: DeliveryOptions) -> Self {
        let window = Window::new(runner.position, mem::take(&mut runner.parked));
        let source = Source::new(runner);
        let ending = runner.token.child_token();
        Self {
            runner,
            options,
            window,
            source,
            tasks: JoinSet::new(),
            attempts: HashMap::new(),
            retries: VecDeque::new(),
            retried_last: false,
            commits: Commits::default(),
            stop: None,
            ending,
        }
    }

    pub(super) async fn run(mut self) -> Result<Infallible, Interrupt> {
        // A request may wait for this worker.
        self.load_requests().await;
        let mut moved = self.runner.context.engine.clock.subscribe();
        loop {
            let is_ending = self.runner.token.is_cancelled();
            if self.commit_at().is_some_and(|at| at <= Instant::now()) {
                self.commit().await?;
            }
            if self.tasks.is_empty() && (is_ending || self.is_at_stop()) {
                return Err(self.end(is_ending).await);
            }
            if !is_ending {
                self.start();
            }
            let commit_at = self.commit_at();
            let clock = &self.runner.context.engine.clock;
            let retry_at = self.runner.schedule.next().filter(|_| !is_ending).map(|at| clock.comes_at(at));
            let has_room = self.window.len() < self.runner.context.options.batch_events.max(1);
            let reads = !is_ending && self.stop.is_none() && has_room;
            tokio::select! {
                () = self.runner.token.cancelled(), if !is_ending => {}
                () = self.runner.control.notify.notified(), if !is_ending => {
                    if self.runner.control.fell_back.swap(false, std::sync::atomic::Ordering::AcqRel) {
                        return Err(Interrupt::Again);
                    }
                    self.load_requests().await;
                }
                Some(ended) = self.tasks.join_next() => {
                    self.settle(ended).await?;
                    while let Some(ended) = self.tasks.try_join_next() {
                        self.settle(ended).await?;
                    }
                }
                read = self.source.next(), if reads => self.take(read).await?,
                () = tokio::time::sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                    self.retry_due();
                }
                // What waits for a time is looked at again.
                Ok(()) = moved.changed() => {}
                () = tokio::time::sleep_until(commit_at.unwrap_or_else(Instant::now)), if commit_at.is_some() => {}
            }
        }
    }

    /// Starts as many tasks as may run at the same time.
    fn start(&mut self) {
        while self.tasks.len() < self.options.concurrency {
            let started = match self.retried_last {
                true => self.start_event() || self.start_retry(),
                false => self.start_retry() || self.start_event(),
            };
            if !started {
                return;
            }
        }
    }

    fn start_event(&mut self) -> bool {
        // Before the next event is handled, if each is committed.
        if self.options.commit_every.is_zero() && self.window.has_prefix() && self.commits.may_commit() {
            return false;
        }
        let Some((number, event)) = self.window.start() else { return false };
        self.retried_last = false;
        self.deliver(number, event);
        true
    }

    fn deliver(&mut self, number: Number, event: Arc<dyn Deliver>) {
        let context = event.context();
        let span = tracing::debug_span!(
            "project",
            projection = self.runner.generation.name,
            partition = self.runner.lease.partition,
            events = 1,
            position = %context.position,
            correlation_id = context.metadata.correlation_id.map(tracing::field::display),
        );
        let delivered = async move {
            let result = guarded(async { event.deliver().await }).await;
            Ended::Handled { number, result }
        };
        self.tasks.spawn(delivered.instrument(span));
    }

    async fn settle(&mut self, ended: Result<Ended, JoinError>) -> Result<(), Interrupt> {
        match ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())) {
            Ended::Handled { number, result: Ok(()) } => {
                self.attempts.remove(&number);
                self.window.handled(number);
            }
            Ended::Handled { number, result: Err(fault) } => self.failed(number, fault).await?,
            Ended::Waited { number } => {
                self.window.again(number);
            }
            Ended::Retried { key, result } => self.retried(key, result).await?,
        }
        self.moved();
        Ok(())
    }

    /// Handles a failed attempt on an event: it is tried again, parked, or the partition stops before it.
    async fn failed(&mut self, number: Number, fault: Fault) -> Result<(), Interrupt> {
        let event = Arc::clone(self.window.event(number));
        let policy = self.runner.consumer.policy_for(&fault);
        let before = self.attempts.get(&number).copied().unwrap_or_default();
        // An outage of the store is no attempt on the event.
        let (count, delay) = match is_outage(&fault) {
            true => (before, Some(OUTAGE)),
            false => (before + 1, Attempts::delay_after(policy, before + 1)),
        };
        self.attempts.insert(number, count);
        self.runner.log_failure(Some(event.context()), &fault, count);
        if let (None, OnFailure::Park) = (delay, policy.then) {
            self.attempts.remove(&number);
            self.runner.log_parked(self.window.key(number), event.context());
            let now = self.runner.context.engine.clock.now();
            self.runner.schedule.failed(self.window.key(number), policy.again, now);
            self.window.park(number, fault.to_string(), count);
            return Ok(());
        }
        // A commit clears the last error.
        self.commit().await?;
        self.runner.note_soon(&fault.to_string()).await;
        match delay {
            Some(delay) => {
                let ending = self.ending.clone();
                self.tasks.spawn(async move {
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = ending.cancelled() => {}
                    }
                    Ended::Waited { number }
                });
            }
            None => {
                let (text, position) = (event.context().to_string(), event.context().position);
                let reason = self.runner.stop_reason(text, position, fault, count);
                self.stop_before(Stop { position, reason, again: policy.again });
            }
        }
        Ok(())
    }

    /// Stops before this position, once all earlier events are handled.
    fn stop_before(&mut self, stop: Stop) {
        self.window.stop_before(stop.position);
        if self.stop.as_ref().is_none_or(|earlier| earlier.position > stop.position) {
            self.stop = Some(stop);
        }
        self.ending.cancel();
    }

    /// Whether all events before the one at which the partition stops are handled.
    fn is_at_stop(&self) -> bool {
        let Some(stop) = &self.stop else { return false };
        self.window.prefix().upto.get() + 1 >= stop.position.get()
    }

    async fn end(&mut self, is_ending: bool) -> Interrupt {
        if let Err(interrupt) = self.commit().await {
            return interrupt;
        }
        match self.stop.take() {
            Some(Stop { reason, again, .. }) if !is_ending => self.runner.stop(reason, again).await,
            _ => Interrupt::End(End::Cancelled),
        }
    }

    async fn take(&mut self, read: Read) -> Result<(), Interrupt> {
        match read {
            Read::Log(Ok(LogPage { events, horizon, at_head })) => {
                if !self.commits.is_outage() {
                    self.runner.no_outage();
                }
                let limit = self.runner.next_limit(self.source.limit(), &events);
                let blocked = self.take_events(horizon, events.into_iter().map(Cow::Owned));
                if at_head {
                    self.runner.context.saw(horizon);
                    if self.source.caught_up() {
                        self.runner.context.feed.join(horizon);
                    }
                } else if blocked.is_none() {
                    self.source.read(self.runner, horizon, limit);
                }
                self.blocked(blocked);
            }
            Read::Log(Err(error)) => {
                self.runner.failed_outside(error).await;
                self.source.read_again(self.runner, self.window.read());
            }
            Read::Pages(pages) => self.take_pages(&pages),
            Read::Lagged => self.source.catch_up(self.runner, self.window.read()),
            Read::Closed => return Err(Interrupt::End(End::Cancelled)),
        }
        self.moved();
        Ok(())
    }

    /// Takes pages of the feed, which may begin before or after what was read.
    fn take_pages(&mut self, pages: &[Arc<Page>]) {
        for page in pages {
            let read = self.window.read();
            if page.horizon <= read {
                continue;
            }
            if page.after > read {
                return self.source.catch_up(self.runner, read);
            }
            let consumer = Arc::clone(&self.runner.consumer);
            let wanted = |event: &&RecordedEvent| {
                event.context.position > read && consumer.filter().admits(&event.context)
            };
            let blocked =
                self.take_events(page.horizon, page.events.iter().filter(wanted).map(Cow::Borrowed));
            if blocked.is_some() {
                return self.blocked(blocked);
            }
        }
    }

    fn take_events<'e>(
        &mut self,
        horizon: Position,
        events: impl Iterator<Item = Cow<'e, RecordedEvent>>,
    ) -> Option<Blocked> {
        self.runner.work.clear();
        let (read, blocked) = self.runner.take(horizon, events);
        for job in self.runner.work.jobs() {
            self.window.take(job);
        }
        self.window.read_to(read);
        blocked
    }

    /// Stops before an event that this program cannot decode: no later event can be handled.
    fn blocked(&mut self, blocked: Option<Blocked>) {
        if let Some(Blocked { position, fault }) = blocked {
            let event = format!("the event at position {position}");
            let reason = self.runner.stop_reason(event, position, fault, 1);
            self.stop_before(Stop { position, reason, again: None });
        }
    }
}
