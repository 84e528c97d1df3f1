//! Retrying and discarding parked events on request.

use std::{borrow::Cow, collections::HashSet, time::Duration};

use tokio::time::Instant;

use super::{
    Runner,
    outcome::{BatchFailure, End, Interrupt},
};
use crate::{
    Position,
    projections::consumer::{Fault, Share, Work, guarded, guarded_now},
    store::{
        LogFilter, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection, ProjectionStore,
        StoreError, StoreTransaction,
    },
};

/// How many parked events are read at a time.
const PAGE: usize = 100;

/// How long requests are carried out before the next pages of the log.
const SLICE: Duration = Duration::from_millis(100);

impl<S: ProjectionStore> Runner<S> {
    /// Carries out requests for parked keys of this partition, for a short time: the rest follows after the next pages
    /// of the log.
    pub(super) async fn retry_parked(&mut self) -> Result<(), Interrupt> {
        let until = Instant::now() + SLICE;
        while !self.parked.is_empty() {
            let selection = ParkedSelection::Requested { partition: self.lease.partition };
            let query = ParkedQuery::first(selection, PAGE);
            let requested = self.context.engine.store.parked(self.generation.id, &query).await?;
            if requested.is_empty() {
                return Ok(());
            }
            let mut done = HashSet::new();
            for event in requested {
                if done.contains(&event.key) {
                    continue;
                }
                if Instant::now() >= until || !self.retry_key(&event.key, until).await? {
                    self.control.notify.notify_one();
                    return Ok(());
                }
                done.insert(event.key);
            }
        }
        Ok(())
    }

    /// Retries the keys whose time has come, for a short time.
    pub(super) async fn retry_due(&mut self) -> Result<(), Interrupt> {
        let until = Instant::now() + SLICE;
        while Instant::now() < until
            && let Some(key) = self.schedule.take_due(self.context.engine.clock.now())
        {
            if self.parked.contains(&key) && !self.retry_key(&key, until).await? {
                self.schedule.put_off(&key, self.context.engine.clock.now());
            }
        }
        Ok(())
    }

    /// Returns whether the request was carried out in time.
    pub(super) async fn retry_key(&mut self, key: &str, until: Instant) -> Result<bool, Interrupt> {
        self.store_checkpoint().await?;
        let mut query = ParkedQuery::first(ParkedSelection::Key(key.to_owned()), PAGE);
        let mut is_begun = false;
        loop {
            let events = self.context.engine.store.parked(self.generation.id, &query).await?;
            query.after = events.last().map(ParkedEvent::cursor);
            let is_last = events.len() < PAGE;
            for event in events.iter().filter(|event| event.discarded.is_none()) {
                if is_begun && Instant::now() >= until {
                    return Ok(false);
                }
                is_begun = true;
                let outcome = match &event.request {
                    Some(ParkedRequest::Discard { reason, .. }) => {
                        ParkedOutcome::Discarded { reason: reason.clone() }
                    }
                    Some(ParkedRequest::Retry) | None => self.retry(event).await?,
                };
                if let ParkedOutcome::Applied = outcome {
                    continue;
                }
                self.unpark(event, &outcome).await?;
                if let ParkedOutcome::Failed { error } = outcome {
                    tracing::warn!(
                        projection = self.generation.name,
                        key,
                        error,
                        "a parked event failed again"
                    );
                    let now = self.context.engine.clock.now();
                    self.schedule.failed(key, self.consumer.on_failure().again, now);
                    return Ok(true);
                }
            }
            if is_last {
                if !self.is_suspended(key) {
                    self.parked.remove(key);
                }
                self.schedule.remove(key);
                self.context.changed();
                return Ok(true);
            }
        }
    }

    /// Applies a parked event and unparks it, in one transaction.
    async fn retry(&mut self, parked: &ParkedEvent) -> Result<ParkedOutcome, Interrupt> {
        self.work.clear();
        if let Err(fault) = take_parked(&*self.context.engine.store, &mut *self.work, parked).await? {
            return Ok(ParkedOutcome::Failed { error: fault.to_string() });
        }
        let outcome = self.apply_parked(parked).await;
        self.work.transaction_ended(matches!(outcome, Ok(ParkedOutcome::Applied)));
        self.timers_were_set();
        outcome
    }

    async fn apply_parked(&mut self, parked: &ParkedEvent) -> Result<ParkedOutcome, Interrupt> {
        let count = self.work.buffered().len();
        if let Err(fault) = guarded(self.work.prepare(0, count, None)).await {
            return self.failed_again(fault);
        }
        let mut transaction = self.begin().await?;
        if let Err(fault) = guarded(self.work.apply(0, count, None, &mut transaction)).await {
            // After a panic it is dropped and not rolled back: the state in which the panic left it is unknown.
            if let Fault::Failed(_) = fault {
                transaction.roll_back().await?;
            }
            return self.failed_again(fault);
        }
        let committed = async {
            transaction.unpark(&self.lease, parked, &ParkedOutcome::Applied).await?;
            transaction.advance(&self.lease, self.checkpoint, count as u64).await?;
            transaction.commit().await
        };
        let committed: Result<(), StoreError> = committed.await;
        match committed {
            Ok(()) => Ok(ParkedOutcome::Applied),
            Err(error) if error.is_retryable() => Err(error.into()),
            Err(error) => {
                Ok(ParkedOutcome::Failed { error: crate::ProjectionError::from(error).to_string() })
            }
        }
    }

    /// The outcome of a retry that failed, unless the fault is not that of the event.
    fn failed_again(&self, fault: Fault) -> Result<ParkedOutcome, Interrupt> {
        match self.failure_of(fault) {
            BatchFailure::Fault(fault) => Ok(ParkedOutcome::Failed { error: fault.to_string() }),
            other => Err(other.into_interrupt()),
        }
    }

    async fn unpark(&mut self, event: &ParkedEvent, outcome: &ParkedOutcome) -> Result<(), Interrupt> {
        let mut transaction = self.begin().await?;
        transaction.unpark(&self.lease, event, outcome).await?;
        Ok(transaction.commit().await?)
    }

    /// The checkpoint must be the expected one: a server that crashed may have lost the last batches, and the commit
    /// would move the checkpoint past them.
    async fn begin(&mut self) -> Result<S::Transaction, Interrupt> {
        let store = &self.context.engine.store;
        match store.begin(&self.lease).await? {
            Some((transaction, at)) if at == self.checkpoint => Ok(transaction),
            Some((transaction, _)) => {
                transaction.roll_back().await?;
                Err(Interrupt::Again)
            }
            None => Err(Interrupt::End(End::Lost)),
        }
    }
}

/// Reads a parked event back from the log, and buffers it.
pub(super) async fn take_parked<S: ProjectionStore>(
    store: &S,
    work: &mut dyn Work<S>,
    parked: &ParkedEvent,
) -> Result<Result<(), Fault>, Interrupt> {
    let before = Position::new(parked.position.get().saturating_sub(1));
    let page = store.read_log(before, &LogFilter::all(), 1).await?;
    let Some(event) = page.events.into_iter().find(|event| event.context.position == parked.position) else {
        return Ok(Err(Fault::Failed(crate::ProjectionError::new("the event is no longer in the log"))));
    };
    // Only events of this key: the other events of the same stored event were applied when it was parked.
    let others = |key: &str| key != parked.key;
    let share = Share { partition: 0, of: 1, parked: &others };
    let taken = guarded_now(|| work.take(Cow::Owned(event), &share));
    let buffered = work.buffered();
    if buffered.len() == 0 && !buffered.to_park(before, parked.position).is_empty() {
        return Ok(Err(Fault::Failed(crate::ProjectionError::new(
            "the event has another key than when it was parked; deploy a release that names the former key, or \
             discard the event; a read model can be rebuilt instead",
        ))));
    }
    Ok(taken)
}
