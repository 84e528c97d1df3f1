//! Applying a page of events: in one transaction if possible. After a failure the batch is halved until the
//! failing event is found.

use std::{borrow::Cow, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    CHECKPOINT_DELAY, Runner,
    outcome::{BatchFailure, End, Interrupt, NewlyParked},
};
use crate::{
    Position, RecordedEvent,
    projections::{
        consumer::{Contended, Fault, Held, NotYet, Share, guarded, guarded_now},
        meters,
    },
    store::{ProjectionStore, StoreError, StoreTransaction},
};

/// How many events are applied one by one after a failing event, before batches grow again: the next one may fail too.
const SURE: usize = 3;

/// An event that cannot be decoded.
pub(super) struct Blocked {
    pub(super) position: Position,
    pub(super) fault: Fault,
}

impl<S: ProjectionStore> Runner<S> {
    /// Applies the events of a page, and advances to its horizon.
    pub(super) async fn process<'e>(
        &mut self,
        horizon: Position,
        events: impl Iterator<Item = Cow<'e, RecordedEvent>> + Send,
    ) -> Result<(), Interrupt> {
        self.work.clear();
        let (upto, blocked) = self.take(horizon, events);
        self.apply_all(upto).await?;
        match blocked {
            Some(blocked) => Err(self.stop_at(blocked).await),
            None => Ok(()),
        }
    }

    /// Decodes the events, up to the first one that cannot be decoded.
    pub(super) fn take<'e>(
        &mut self,
        horizon: Position,
        events: impl Iterator<Item = Cow<'e, RecordedEvent>>,
    ) -> (Position, Option<Blocked>) {
        let mut read = self.position;
        let of = self.partitions();
        let Self { work, parked, lease, .. } = self;
        let parked = |key: &str| parked.contains(key);
        let share = Share { partition: lease.partition, of, parked: &parked };
        for event in events {
            let position = event.context.position;
            if let Err(fault) = guarded_now(|| work.take(event, &share)) {
                return (read, Some(Blocked { position, fault }));
            }
            read = position;
        }
        (horizon, None)
    }

    async fn apply_all(&mut self, upto: Position) -> Result<(), Interrupt> {
        let most = self.most_events();
        let mut size = most;
        // How many batches succeeded since the last failure, or enough of them.
        let mut successes = SURE;
        let mut done = 0;
        let mut attempts = Attempts::new(self.consumer.on_failure());
        let mut contentions = Contentions::default();
        self.newly_parked = NewlyParked::default();
        if self.work.buffered().len() == 0 && self.work.buffered().to_park(self.position, upto).is_empty() {
            self.advance_over(upto);
            return Ok(());
        }
        while done < self.work.buffered().len() || self.position < upto {
            if self.token.is_cancelled() {
                return Err(Interrupt::End(End::Cancelled));
            }
            done = self.pass_parked(done);
            let end = if self.must_commit(done) { done } else { self.end_of_batch(done, size) };
            let buffered = self.work.buffered();
            let to = if end == buffered.len() { upto } else { buffered.context(end - 1).position };
            match self.transact(done, end, to).await {
                Ok(()) => {
                    done = end;
                    successes += 1;
                    if successes >= SURE {
                        size = (size * 2).min(most);
                    }
                    attempts = Attempts::new(self.consumer.on_failure());
                    contentions = Contentions::default();
                    self.newly_parked.since = None;
                }
                Err(BatchFailure::Contended) => {
                    // A smaller batch takes less time, in which others are faster.
                    size = ((end - done) / 2).max(1);
                    contentions.pause(&self.token).await?;
                }
                Err(BatchFailure::Fault(_) | BatchFailure::NotYet(_)) if end > self.boundary(done, 1) => {
                    tracing::debug!(projection = self.generation.name, "trying a smaller batch");
                    size = ((end - done) / 2).max(1);
                }
                Err(BatchFailure::Fault(fault)) => {
                    let poison = if end > done { Some((done, end)) } else { None };
                    if self.failed(poison, fault, &mut attempts).await? == AfterFailure::Parked {
                        if (done..end).all(|index| self.work.buffered().keys(index).is_empty()) {
                            done = end;
                        }
                        successes = 0;
                        attempts = Attempts::new(self.consumer.on_failure());
                    }
                }
                Err(other) => return Err(other.into_interrupt()),
            }
        }
        Ok(())
    }

    /// Whether parked events are committed before the event at this index is applied. Events that were upcast from one
    /// stored event are never separated.
    fn must_commit(&self, index: usize) -> bool {
        let buffered = self.work.buffered();
        let is_apart = index == buffered.len()
            || index
                .checked_sub(1)
                .is_some_and(|last| buffered.context(last).position != buffered.context(index).position);
        let is_due = |since: Instant| since.elapsed() >= CHECKPOINT_DELAY;
        is_apart && self.newly_parked.since.is_some_and(is_due)
    }

    /// Parks the events from this index on whose keys were parked while this page was applied, up to the first that is
    /// applied for another key. Returns its index.
    fn pass_parked(&mut self, from: usize) -> usize {
        let mut index = from;
        while !self.newly_parked.keys.is_empty()
            && index < self.work.buffered().len()
            && self.is_parked_now(index)
        {
            index += 1;
        }
        index
    }

    /// Parks an event behind the keys that were parked while this page was applied. Returns whether no key is left.
    fn is_parked_now(&mut self, index: usize) -> bool {
        let keys = self.work.buffered().keys(index);
        let parked = keys.iter().filter(|key| self.newly_parked.keys.contains(*key)).cloned();
        for key in parked.collect::<Vec<_>>() {
            self.work.park(index, &key, None, 0);
        }
        self.work.buffered().keys(index).is_empty()
    }

    /// The end of a batch of about this size, which has no event of a key that was parked while this page was applied.
    fn end_of_batch(&mut self, from: usize, size: usize) -> usize {
        let mut end = self.boundary(from, size);
        if self.newly_parked.keys.is_empty() {
            return end;
        }
        let mut index = from;
        while index < end {
            if !self.is_parked_now(index) {
                index += 1;
                continue;
            }
            let buffered = self.work.buffered();
            if index > from && buffered.context(index).position != buffered.context(index - 1).position {
                return index;
            }
            // The events that were upcast from one stored event are committed together.
            self.work.remove(index);
            end -= 1;
        }
        end
    }

    /// The end of a batch of about this size. Events that were upcast from one stored event are never separated.
    fn boundary(&self, from: usize, size: usize) -> usize {
        let count = self.work.buffered().len();
        let mut end = (from + size).min(count);
        while end > from
            && end < count
            && self.work.buffered().context(end).position == self.work.buffered().context(end - 1).position
        {
            end += 1;
        }
        end
    }

    /// Advances over a part of the log without events for this projection.
    fn advance_over(&mut self, upto: Position) {
        if upto > self.position {
            self.position = upto;
            self.behind_since.get_or_insert_with(Instant::now);
            self.context.progress(&self.lease, upto, 0);
        }
    }

    /// Applies some of the buffered events, parks others, and advances the checkpoint, in one transaction.
    pub(super) async fn transact(
        &mut self,
        from: usize,
        to: usize,
        upto: Position,
    ) -> Result<(), BatchFailure> {
        let span = tracing::debug_span!(
            "project",
            projection = self.generation.name,
            partition = self.lease.partition,
            events = to - from,
            position = %upto,
            // A batch of several events has no single correlation id.
            correlation_id = (to == from + 1)
                .then(|| self.work.buffered().context(from).metadata.correlation_id)
                .flatten()
                .map(tracing::field::display),
        );
        let outcome = self.transact_within(from, to, upto).instrument(span).await;
        self.work.transaction_ended(outcome.is_ok());
        self.timers_were_set();
        outcome
    }

    async fn transact_within(&mut self, from: usize, to: usize, upto: Position) -> Result<(), BatchFailure> {
        let since = std::time::Instant::now();
        let context = std::sync::Arc::clone(&self.context);
        let store = &context.engine.store;
        if to > from {
            guarded(self.work.prepare(from, to, None)).await.map_err(|fault| self.failure_of(fault))?;
        }
        let Some(_slot) = context.slot(self.control.is_building()).await else {
            return Err(BatchFailure::Lost);
        };
        let Some((mut transaction, at)) = store.begin(&self.lease).await.map_err(BatchFailure::Outage)?
        else {
            return Err(BatchFailure::Lost);
        };
        if at != self.checkpoint {
            transaction.roll_back().await.map_err(BatchFailure::Outage)?;
            return Err(BatchFailure::Moved);
        }
        if to > from {
            match guarded(self.work.apply(from, to, None, &mut transaction)).await {
                Ok(()) => {}
                Err(fault @ Fault::Failed(_)) => {
                    // If the rollback fails, the connection is lost.
                    transaction.roll_back().await.map_err(BatchFailure::Outage)?;
                    return Err(self.failure_of(fault));
                }
                Err(fault) => {
                    // Dropped and not rolled back: the state in which the panic left it is unknown.
                    drop(transaction);
                    return Err(BatchFailure::Fault(fault));
                }
            }
        }
        let to_park = self.work.buffered().to_park(self.position, upto);
        let committed = async {
            if !to_park.is_empty() {
                transaction.park(&self.lease, &to_park).await?;
            }
            transaction.advance(&self.lease, upto, (to - from) as u64).await?;
            transaction.commit().await
        };
        match committed.await {
            Ok(()) => {
                self.position = upto;
                self.set_checkpoint(upto);
                self.behind_since = None;
                context.progress(&self.lease, upto, to - from);
                self.no_outage();
                meters::applied(&self.generation.name, to - from, since.elapsed());
                Ok(())
            }
            Err(error) => Err(match error.is_retryable() {
                true => BatchFailure::Outage(error),
                false => BatchFailure::Fault(Fault::Failed(error.into())),
            }),
        }
    }

    /// Whose failure it is that events could not be applied.
    pub(super) fn failure_of(&self, fault: Fault) -> BatchFailure {
        match fault {
            Fault::Failed(error) if error.inner().is::<Contended>() => BatchFailure::Contended,
            Fault::Failed(error) if error.inner().is::<Held>() => BatchFailure::Moved,
            Fault::Failed(error) if error.inner().is::<NotYet>() => BatchFailure::NotYet(error),
            Fault::Failed(error) if self.context.engine.store.is_outage(&error) => {
                let (action, source) = ("applying events", error.into_inner());
                BatchFailure::Outage(StoreError::Unavailable { action, source })
            }
            fault => BatchFailure::Fault(fault),
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFailure {
    Retry,
    Parked,
}

/// The pauses of a batch that loses against other transactions.
pub(super) struct Contentions(ExponentialBackoff);

impl Default for Contentions {
    fn default() -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(1))
            .with_max_delay(Duration::from_millis(250))
            .without_max_times()
            .with_jitter();
        Self(pauses.build())
    }
}

impl Contentions {
    pub(super) async fn pause(&mut self, token: &CancellationToken) -> Result<(), Interrupt> {
        tokio::select! {
            () = tokio::time::sleep(self.0.next().unwrap_or_default()) => Ok(()),
            () = token.cancelled() => Err(Interrupt::End(End::Cancelled)),
        }
    }
}

/// The number of attempts on an event, and the delays before the next ones.
pub(super) struct Attempts {
    pub(super) count: usize,
    delays: Box<dyn Iterator<Item = Duration> + Send>,
}

impl Attempts {
    fn new(policy: crate::FailurePolicy) -> Self {
        let delays = ExponentialBuilder::default()
            .with_min_delay(policy.min_delay)
            .with_max_delay(policy.max_delay)
            .with_max_times(policy.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        Self { count: 0, delays: Box::new(delays) }
    }

    /// The delay after this many attempts; `None` if the last one was the last of this policy.
    pub(super) fn delay_after(policy: crate::FailurePolicy, count: usize) -> Option<Duration> {
        Self::new(policy).delays.nth(count.saturating_sub(1))
    }

    /// Counts an attempt; `None` if it was the last one.
    pub(super) fn next(&mut self) -> Option<Duration> {
        self.count += 1;
        self.delays.next()
    }
}
