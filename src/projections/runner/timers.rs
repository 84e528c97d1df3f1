//! Firing the timers of a partition.
//!
//! A timer is fired after everything that was recorded before it was due: when the clock of the store has passed the due
//! time, the runner reads the end of the log, and waits until no append is under way up to there and it has processed the
//! events up to there. Timers are read again after that, because these events may have moved them.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Runner,
    batch::Contentions,
    outcome::{BatchFailure, Interrupt},
};
use crate::{
    ProjectionError, Timestamp,
    projections::consumer::{Fault, guarded},
    store::{
        Moment, ParkedRequest, ProjectionKind, ProjectionStore, StoreError, StoreTransaction, Timer,
        TimerCursor, TimerId, TimerQuery,
    },
};

/// How long the runner relies on what it knows of its timers: another process may have set one.
const POLL: Duration = Duration::from_millis(500);
/// How long it waits for appends that are under way, or for itself.
const SOON: Duration = Duration::from_millis(5);
/// How many timers are fired in one transaction.
const BATCH: usize = 500;
/// How many timers that have failed before are tried at a time.
const RETRIES: usize = 50;
/// How long a timer that failed waits, at first and at most.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(3_600);

/// What a runner knows of the timers of its partition.
#[derive(Default)]
pub(super) struct Timers {
    /// When it looks for timers that are due.
    at: Option<Instant>,
    /// The moment at which timers were found to be due.
    moment: Option<Moment>,
    /// The time of the store at an instant.
    clock: Option<(Instant, Timestamp)>,
    failed: HashMap<TimerId, Failed>,
    /// How often in a row others were faster: the next batch is halved as often.
    contentions: u32,
    /// Why a timer has to wait for a newer program.
    not_yet: Option<ProjectionError>,
    /// The instances that an operator has suspended.
    suspended: HashSet<String>,
}

struct Failed {
    due_at: Timestamp,
    delay: Duration,
    again: Instant,
}

impl Timers {
    pub(super) fn of(kind: ProjectionKind) -> Option<Self> {
        matches!(kind, ProjectionKind::Process | ProjectionKind::Scheduled).then(Self::default)
    }

    /// When the runner looks for timers that are due.
    pub(super) fn next(&self) -> Instant {
        self.at.unwrap_or_else(Instant::now)
    }

    /// A timer with this due time was set.
    fn set(&mut self, due_at: Timestamp) {
        let in_time = self.clock.map(|(at, time)| at + due_at.since(time).min(POLL));
        self.at = self.at.min(in_time);
    }

    /// Whether it failed, and waits.
    fn waits(&self, timer: &Timer, now: Instant) -> bool {
        self.failed.get(&timer.id()).is_some_and(|it| it.due_at == timer.due_at && it.again > now)
    }

    /// Whether it has failed with this due time.
    fn has_failed(&self, timer: &Timer) -> bool {
        self.failed.get(&timer.id()).is_some_and(|it| it.due_at == timer.due_at)
    }

    fn failed(&mut self, timer: &Timer, now: Instant) {
        let before = self.failed.remove(&timer.id()).filter(|it| it.due_at == timer.due_at);
        let delay = before.map_or(FIRST_DELAY, |it| (it.delay * 2).min(LONGEST_DELAY));
        let (due_at, again) = (timer.due_at, now + delay);
        self.failed.insert(timer.id(), Failed { due_at, delay, again });
    }
}

impl<S: ProjectionStore> Runner<S> {
    /// Reads which instances are suspended. Their events are parked.
    pub(super) async fn begin_timers(&mut self) -> Result<(), Interrupt> {
        let Some(timers) = &mut self.timers else { return Ok(()) };
        let store = &*self.context.engine.store;
        let before = std::mem::take(timers);
        timers.suspended = suspended(store, &self.generation, self.lease.partition).await?;
        // What was parked until this program learned that the instance is resumed.
        for key in before.suspended.difference(&timers.suspended).filter(|key| self.parked.contains(*key)) {
            store.request_parked(self.generation.id, Some(key), &ParkedRequest::Retry).await?;
        }
        self.parked.extend(timers.suspended.iter().cloned());
        self.work.begin(&self.generation, &self.lease, &timers.suspended);
        Ok(())
    }

    /// Whether an operator has suspended the instance.
    pub(super) fn is_suspended(&self, key: &str) -> bool {
        self.timers.as_ref().is_some_and(|timers| timers.suspended.contains(key))
    }

    /// After a transaction: timers that it has set may be due before the runner looks for them.
    pub(super) fn timers_were_set(&mut self) {
        if let Some(timers) = &mut self.timers
            && let Some(due_at) = self.work.take_next_timer()
        {
            timers.set(due_at);
        }
    }

    /// Fires timers that are due: a batch of them, so that events are processed meanwhile.
    pub(super) async fn fire_timers(&mut self) -> Result<(), Interrupt> {
        let Some(moment) = self.due_moment().await? else { return Ok(()) };
        let settled = self.context.engine.store.settled(moment.end).await?;
        if settled.is_none_or(|end| self.position < end) {
            self.look_after(SOON);
            return Ok(());
        }
        let has_fired = self.fire_until(moment.time).await?;
        if let Some(timers) = &mut self.timers {
            // A later time for the next ones: a timer that is set again at once does not keep the others from firing.
            timers.moment = None;
        }
        if has_fired {
            self.look_after(Duration::ZERO);
            return Ok(());
        }
        if let Some(error) = self.timers.as_mut().and_then(|timers| timers.not_yet.take()) {
            return Err(Interrupt::NotYet(error));
        }
        // What is due waits, for an operator or for another attempt; others become due meanwhile.
        self.look_after(POLL);
        let next = self.first_timer(Some(moment.time)).await?;
        if let Some(timers) = &mut self.timers {
            next.iter().for_each(|timer| timers.set(timer.due_at));
        }
        Ok(())
    }

    /// Looks for timers that are due as soon as possible.
    pub(super) fn look_for_timers(&mut self) {
        self.look_after(Duration::ZERO);
    }

    fn look_after(&mut self, delay: Duration) {
        if let Some(timers) = &mut self.timers {
            timers.at = Some(Instant::now() + delay);
        }
    }

    /// The moment at which timers were found to be due; `None` if none is due yet.
    async fn due_moment(&mut self) -> Result<Option<Moment>, Interrupt> {
        let Some(timers) = &mut self.timers else { return Ok(None) };
        if timers.moment.is_some() {
            return Ok(timers.moment);
        }
        let store = &*self.context.engine.store;
        if suspended(store, &self.generation, self.lease.partition).await? != timers.suspended {
            return Err(Interrupt::Again);
        }
        timers.at = Some(Instant::now() + POLL);
        let Some(first) = self.first_timer(None).await? else { return Ok(None) };
        let read_at = Instant::now();
        let mut moment = self.context.engine.store.moment().await?;
        moment.time = moment.time.saturating_add(self.context.engine.clock.ahead());
        let Some(timers) = &mut self.timers else { return Ok(None) };
        timers.clock = Some((read_at, moment.time));
        if first.due_at > moment.time {
            timers.set(first.due_at);
            return Ok(None);
        }
        timers.moment = Some(moment);
        Ok(timers.moment)
    }

    /// The first timer that is due after this time.
    async fn first_timer(&self, after: Option<Timestamp>) -> Result<Option<Timer>, StoreError> {
        let after =
            after.map(|due_at| TimerCursor { due_at, key: String::from(char::MAX), name: String::new() });
        let query = TimerQuery { partition: Some(self.lease.partition), after, ..TimerQuery::first(1) };
        let found = self.context.engine.store.timers(self.generation.id, &query).await?;
        Ok(found.into_iter().next())
    }

    /// Fires timers that are due by this time. Returns whether there may be more of them.
    async fn fire_until(&mut self, time: Timestamp) -> Result<bool, Interrupt> {
        let (partition, due_by) = (Some(self.lease.partition), Some(time));
        let mut query = TimerQuery { partition, due_by, ..TimerQuery::first(BATCH) };
        let mut retries = Vec::new();
        loop {
            let due = self.context.engine.store.timers(self.generation.id, &query).await?;
            let Some(last) = due.last() else {
                self.fire(&retries, time).await?;
                return Ok(false);
            };
            let (is_last_page, now) = (due.len() < BATCH, Instant::now());
            query.after = Some(last.cursor());
            let Some(timers) = &self.timers else { return Ok(false) };
            let may_fire = due.into_iter().filter(|timer| !self.parked.contains(&timer.key));
            // Those that have failed before come after the others.
            let (failed, due): (Vec<_>, Vec<_>) = may_fire.partition(|timer| timers.has_failed(timer));
            retries.extend(failed.into_iter().filter(|timer| !timers.waits(timer, now)));
            retries.truncate(RETRIES);
            if !due.is_empty() {
                self.fire(&due, time).await?;
                return Ok(true);
            }
            if is_last_page {
                self.fire(&retries, time).await?;
                return Ok(false);
            }
        }
    }

    /// Fires these timers, all in one transaction if possible. After a failure the batch is halved, until the failing
    /// timer is found: it is tried again later.
    async fn fire(&mut self, due: &[Timer], time: Timestamp) -> Result<(), Interrupt> {
        let (mut from, mut size) =
            (0, self.timers.as_ref().map_or(BATCH, |timers| BATCH >> timers.contentions));
        while from < due.len() {
            let batch = &due[from..due.len().min(from + size)];
            match self.fire_batch(batch, time).await {
                Ok(()) => {
                    if let Some(timers) = &mut self.timers {
                        batch.iter().for_each(|timer| _ = timers.failed.remove(&timer.id()));
                    }
                    from += batch.len();
                    size *= 2;
                    if let Some(timers) = &mut self.timers {
                        timers.contentions = timers.contentions.saturating_sub(1);
                    }
                }
                // They may have been moved: they are read again. A smaller batch takes less time, in which others are faster.
                Err(BatchFailure::Contended) => {
                    if let Some(timers) = &mut self.timers {
                        timers.contentions = (timers.contentions + 1).min(BATCH.ilog2());
                    }
                    return Contentions::default().pause(&self.token).await;
                }
                Err(BatchFailure::Fault(_) | BatchFailure::NotYet(_)) if batch.len() > 1 => {
                    size = batch.len() / 2;
                }
                Err(BatchFailure::NotYet(error)) => {
                    self.timer_waits(&batch[0], error);
                    from += 1;
                }
                Err(BatchFailure::Fault(fault)) => {
                    self.timer_failed(&batch[0], &fault).await;
                    from += 1;
                }
                Err(other) => return Err(other.into_interrupt()),
            }
        }
        Ok(())
    }

    /// A newer program can fire it. This one fires the others first.
    fn timer_waits(&mut self, timer: &Timer, error: ProjectionError) {
        if let Some(timers) = &mut self.timers {
            timers.failed(timer, Instant::now());
            timers.not_yet.get_or_insert(error);
        }
    }

    async fn timer_failed(&mut self, timer: &Timer, fault: &Fault) {
        let (projection, key, name) = (&self.generation.name, &timer.key, &timer.name);
        tracing::warn!(projection, key, name, %fault, "a timer failed; it is tried again later");
        self.note_soon(&format!("the timer `{name}` of `{key}`: {fault}")).await;
        if let Some(timers) = &mut self.timers {
            timers.failed(timer, Instant::now());
        }
    }

    async fn fire_batch(&mut self, due: &[Timer], time: Timestamp) -> Result<(), BatchFailure> {
        let outcome = self.fire_within(due, time).await;
        self.work.transaction_ended(outcome.is_ok());
        self.timers_were_set();
        outcome
    }

    async fn fire_within(&mut self, due: &[Timer], time: Timestamp) -> Result<(), BatchFailure> {
        self.work.clear();
        let prepared = guarded(self.work.prepare_timers(due, time)).await;
        prepared.map_err(|fault| self.failure_of(fault))?;
        let store = &self.context.engine.store;
        let begun = store.begin(&self.lease).await.map_err(BatchFailure::Outage)?;
        let Some((mut transaction, at)) = begun else { return Err(BatchFailure::Lost) };
        if at != self.checkpoint {
            transaction.roll_back().await.map_err(BatchFailure::Outage)?;
            return Err(BatchFailure::Moved);
        }
        if let Err(fault) = guarded(self.work.apply(0, 0, None, &mut transaction)).await {
            // After a panic it is dropped and not rolled back: the state in which the panic left it is unknown.
            if let Fault::Failed(_) = fault {
                transaction.roll_back().await.map_err(BatchFailure::Outage)?;
            }
            return Err(self.failure_of(fault));
        }
        let upto = self.position;
        let committed = async {
            transaction.advance(&self.lease, upto, 0).await?;
            transaction.commit().await
        };
        match committed.await {
            Ok(()) => {
                self.set_checkpoint(upto);
                self.behind_since = None;
                self.no_outage();
                Ok(())
            }
            Err(error) if error.is_retryable() => Err(BatchFailure::Outage(error)),
            Err(error) => Err(BatchFailure::Fault(Fault::Failed(error.into()))),
        }
    }
}

async fn suspended<S: ProjectionStore>(
    store: &S,
    generation: &crate::store::Generation,
    partition: u32,
) -> Result<HashSet<String>, StoreError> {
    match generation.kind {
        ProjectionKind::Process => {
            Ok(store.suspended_instances(generation.id, partition).await?.into_iter().collect())
        }
        _ => Ok(HashSet::new()),
    }
}

#[cfg(test)]
mod tests;
