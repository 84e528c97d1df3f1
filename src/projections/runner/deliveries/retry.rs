//! Retrying and discarding parked events on request, next to the deliveries of new ones.

use std::sync::Arc;

use super::{Deliveries, Ended, OUTAGE, is_outage};
use crate::{
    Again, ProjectionError,
    projections::{
        consumer::{Consumer, Fault, guarded},
        context::WorkerContext,
        runner::{
            outcome::{End, Interrupt},
            parked::take_parked,
        },
    },
    store::{
        GenerationId, Lease, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection,
        ProjectionStore, StoreError, StoreTransaction,
    },
};

/// How many parked events are read at a time.
const PAGE: usize = 100;

/// What became of the first parked event of a key.
pub(super) enum Retried {
    /// There is none.
    NothingParked,
    /// It was handled or discarded.
    Done,
    FailedAgain {
        error: String,
        again: Option<Again>,
    },
}

impl<S: ProjectionStore> Deliveries<'_, S> {
    /// Reads which parked keys are to be retried. The requests stay stored until they were carried out.
    pub(super) async fn load_requests(&mut self) {
        if !self.retries.is_empty() || !self.window.has_parked() {
            return;
        }
        let selection = ParkedSelection::Requested { partition: self.runner.lease.partition };
        let query = ParkedQuery::first(selection, PAGE);
        match self.runner.context.engine.store.parked(self.runner.generation.id, &query).await {
            Ok(requested) => {
                for event in requested {
                    self.retry(event.key);
                }
            }
            Err(error) => self.runner.failed_outside(error).await,
        }
    }

    /// Retries the keys whose time has come.
    pub(super) fn retry_due(&mut self) {
        while let Some(key) = self.runner.schedule.take_due(self.runner.context.engine.clock.now()) {
            self.retry(key);
        }
    }

    /// Retries a key, unless that is done already.
    fn retry(&mut self, key: String) {
        if self.window.begin_retry(&key) {
            self.retries.push_back(key);
        }
    }

    /// Starts the retry of one event of a parked key. The next one follows after those of the other keys.
    pub(super) fn start_retry(&mut self) -> bool {
        let Some(key) = self.retries.pop_front() else { return false };
        self.retried_last = true;
        let first = First {
            context: Arc::clone(&self.runner.context),
            consumer: Arc::clone(&self.runner.consumer),
            generation: self.runner.generation.id,
            lease: self.runner.lease.clone(),
            key: key.clone(),
        };
        self.tasks.spawn(async move { Ended::Retried { key, result: first.retry().await } });
        true
    }

    pub(super) async fn retried(
        &mut self,
        key: String,
        result: Result<Retried, Interrupt>,
    ) -> Result<(), Interrupt> {
        match result {
            Ok(Retried::Done) => self.retries.push_back(key),
            Ok(Retried::NothingParked) => {
                self.window.unparked(&key);
                self.runner.schedule.remove(&key);
                self.runner.context.changed();
            }
            Ok(Retried::FailedAgain { error, again }) => {
                tracing::warn!(
                    projection = self.runner.generation.name,
                    key,
                    error,
                    "a parked event failed again"
                );
                self.window.failed_again(&key);
                let now = self.runner.context.engine.clock.now();
                self.runner.schedule.failed(&key, again, now);
            }
            // The request is still stored.
            Err(Interrupt::Outage(error)) => {
                self.window.failed_again(&key);
                let now = self.runner.context.engine.clock.now();
                self.runner.schedule.put_off(&key, now + OUTAGE);
                self.runner.failed_outside(error).await;
            }
            Err(other) => return Err(other),
        }
        if self.retries.is_empty() {
            // More keys may be requested than were read.
            self.runner.control.retry_parked();
        }
        Ok(())
    }
}

/// The first parked event of a key.
struct First<S: ProjectionStore> {
    context: Arc<WorkerContext<S>>,
    consumer: Arc<dyn Consumer<S>>,
    generation: GenerationId,
    lease: Lease,
    key: String,
}

impl<S: ProjectionStore> First<S> {
    /// Handles or discards it, and stores the outcome.
    async fn retry(self) -> Result<Retried, Interrupt> {
        let Some(event) = self.find().await? else { return Ok(Retried::NothingParked) };
        let mut again = None;
        let outcome = match &event.request {
            Some(ParkedRequest::Discard { reason, .. }) => {
                ParkedOutcome::Discarded { reason: reason.clone() }
            }
            Some(ParkedRequest::Retry) | None => match self.handle(&event).await? {
                Ok(()) => ParkedOutcome::Applied,
                Err(fault) if is_outage(&fault) => {
                    let (action, source) = ("handling a parked event", ProjectionError::from(fault));
                    let source = source.into_inner();
                    return Err(StoreError::Unavailable { action, source }.into());
                }
                Err(fault) => {
                    again = self.consumer.policy_for(&fault).again;
                    ParkedOutcome::Failed { error: fault.to_string() }
                }
            },
        };
        let begun = self.context.engine.store.begin(&self.lease).await?;
        let Some((mut transaction, checkpoint)) = begun else { return Err(Interrupt::End(End::Lost)) };
        transaction.unpark(&self.lease, &event, &outcome).await?;
        if outcome == ParkedOutcome::Applied {
            // It counts as handled.
            transaction.advance(&self.lease, checkpoint, 1).await?;
        }
        transaction.commit().await?;
        Ok(match outcome {
            ParkedOutcome::Failed { error } => Retried::FailedAgain { error, again },
            _ => Retried::Done,
        })
    }

    async fn find(&self) -> Result<Option<ParkedEvent>, Interrupt> {
        let mut query = ParkedQuery::first(ParkedSelection::Key(self.key.clone()), PAGE);
        loop {
            let page = self.context.engine.store.parked(self.generation, &query).await?;
            query.after = page.last().map(ParkedEvent::cursor);
            let is_last = page.len() < PAGE;
            let first = page.into_iter().find(|event| event.discarded.is_none());
            if first.is_some() || is_last {
                return Ok(first);
            }
        }
    }

    /// Handles the events that were upcast from it, as far as they have this key.
    async fn handle(&self, event: &ParkedEvent) -> Result<Result<(), Fault>, Interrupt> {
        let mut work = Arc::clone(&self.consumer).work(&self.context.engine);
        if let Err(fault) = take_parked(&*self.context.engine.store, &mut *work, event).await? {
            return Ok(Err(fault));
        }
        for job in work.jobs() {
            if let Err(fault) = guarded(async { job.event.deliver().await }).await {
                return Ok(Err(fault));
            }
        }
        Ok(Ok(()))
    }
}
