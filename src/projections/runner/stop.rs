//! Handling a failed event: the partition tries again, stops, or parks the event.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    Runner,
    batch::{AfterFailure, Attempts, Blocked, Contentions},
    outcome::{BatchFailure, End, Interrupt},
};
use crate::{
    Again, DecodeError, EventContext, OnFailure, Position,
    projections::{
        consumer::{Fault, Known, guarded},
        meters,
    },
    store::{ProjectionStore, StopReason, StoreTransaction},
};

impl<S: ProjectionStore> Runner<S> {
    /// Handles a failed attempt on the events from one index to another, which were upcast from one stored event,
    /// or on no event.
    pub(super) async fn failed(
        &mut self,
        events: Option<(usize, usize)>,
        fault: Fault,
        attempts: &mut Attempts,
    ) -> Result<AfterFailure, Interrupt> {
        let event = events.map(|(from, _)| self.work.buffered().context(from).clone());
        let event_text = event.as_ref().map_or_else(|| "no event".to_owned(), ToString::to_string);
        self.log_failure(event.as_ref(), &fault, attempts.count + 1);
        let parkable = events.filter(|_| self.consumer.on_failure().then == OnFailure::Park);
        let delay = attempts.next();
        if let (Some((from, to)), true) = (parkable, self.gives_up_early())
            && self.park(from, to, &fault, attempts.count).await?
        {
            return Ok(AfterFailure::Parked);
        }
        self.note(Some(&fault)).await?;
        if let Some(delay) = delay {
            tokio::select! {
                () = tokio::time::sleep(delay) => return Ok(AfterFailure::Retry),
                () = self.token.cancelled() => return Err(Interrupt::End(End::Cancelled)),
            }
        }
        if let Some((from, to)) = parkable
            && self.park(from, to, &fault, attempts.count).await?
        {
            self.gave_up = Some(Instant::now());
            return Ok(AfterFailure::Parked);
        }
        let position = event.map_or(self.position, |event| event.position);
        let again = self.consumer.policy_for(&fault).again;
        Err(self.stop(self.stop_reason(event_text, position, fault, attempts.count), again).await)
    }

    pub(super) fn log_failure(&self, event: Option<&EventContext>, fault: &Fault, attempt: usize) {
        let correlation = event.and_then(|event| event.metadata.correlation_id);
        tracing::warn!(
            projection = self.generation.name,
            event = event.map_or_else(|| "no event".to_owned(), ToString::to_string),
            correlation_id = correlation.map(tracing::field::display),
            %fault,
            attempt,
            "the projection failed on an event"
        );
        meters::failed(&self.generation.name);
    }

    pub(super) fn log_parked(&self, key: &str, event: &EventContext) {
        tracing::error!(
            projection = self.generation.name,
            key,
            %event,
            "parking the event; later events of its key are parked behind it until it is retried or discarded"
        );
    }

    /// Whether an event is parked after its first attempt: an event of this partition has just failed all attempts, and
    /// the delays of further events would add up while the events of other keys wait.
    fn gives_up_early(&self) -> bool {
        let within = self.consumer.on_failure().max_delay.max(Duration::from_secs(1));
        self.gave_up.is_some_and(|since| since.elapsed() < within)
    }

    /// Stops at an event that this program cannot decode: no later event can be applied.
    pub(super) async fn stop_at(&mut self, blocked: Blocked) -> Interrupt {
        let Blocked { position, fault } = blocked;
        let event = format!("the event at position {position}");
        self.stop(self.stop_reason(event, position, fault, 1), None).await
    }

    /// `again` says when the partition continues by itself.
    pub(super) async fn stop(&mut self, reason: StopReason, again: Option<Again>) -> Interrupt {
        if let Err(interrupt) = self.store_checkpoint().await {
            return interrupt;
        }
        let (projection, partition) = (&self.generation.name, self.lease.partition);
        if let StopReason::NeedsNewerProgram { .. } = reason {
            tracing::warn!(
                projection,
                partition,
                %reason,
                "this program does not know an event; a program that knows it continues with the partition"
            );
        } else {
            tracing::error!(projection, partition, %reason, "the projection stopped");
        }
        match self.context.engine.store.stop(&self.lease, &reason).await {
            Ok(()) => {
                self.context.stopped(&self.generation.name, &reason);
                Interrupt::End(End::Stopped { again })
            }
            Err(error) => Interrupt::Outage(error),
        }
    }

    /// Parks events that were upcast from one stored event, with the next commit, under each key for which they fail.
    /// All later events of the key are parked behind them. Returns whether they are parked: if they fail only for
    /// several keys together, none of these is the one to park.
    async fn park(
        &mut self,
        from: usize,
        to: usize,
        fault: &Fault,
        attempts: usize,
    ) -> Result<bool, Interrupt> {
        let keys: BTreeSet<String> =
            (from..to).flat_map(|index| self.work.buffered().keys(index)).cloned().collect();
        let failing: Vec<(String, String)> = match keys.len() {
            1 => keys.into_iter().map(|key| (key, fault.to_string())).collect(),
            _ => self.failing_keys(from, to, keys).await?,
        };
        for (key, error) in &failing {
            self.log_parked(key, self.work.buffered().context(from));
            for index in from..to {
                if self.work.buffered().keys(index).contains(key) {
                    self.work.park(index, key, Some(error.clone()), attempts);
                }
            }
            self.newly_parked.since.get_or_insert_with(Instant::now);
            self.newly_parked.keys.insert(key.clone());
            self.parked.insert(key.clone());
            self.schedule.failed(key, self.consumer.on_failure().again, self.context.engine.clock.now());
        }
        Ok(!failing.is_empty())
    }

    /// The keys for which these events fail, each with its error: they are applied for each key alone, and rolled back.
    async fn failing_keys(
        &mut self,
        from: usize,
        to: usize,
        keys: BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, Interrupt> {
        let mut failing = Vec::new();
        for key in keys {
            let mut contentions = Contentions::default();
            loop {
                let outcome = self.try_key(from, to, &key).await;
                self.work.transaction_ended(false);
                match outcome {
                    Err(BatchFailure::Contended) => contentions.pause(&self.token).await?,
                    Err(BatchFailure::Fault(fault)) => break failing.push((key, fault.to_string())),
                    // It is not this key that fails.
                    Ok(()) | Err(BatchFailure::NotYet(_)) => break,
                    Err(other) => return Err(other.into_interrupt()),
                }
            }
        }
        Ok(failing)
    }

    /// Applies events for one key, and rolls it back.
    async fn try_key(&mut self, from: usize, to: usize, key: &str) -> Result<(), BatchFailure> {
        let prepared = guarded(self.work.prepare(from, to, Some(key))).await;
        prepared.map_err(|fault| self.failure_of(fault))?;
        let context = std::sync::Arc::clone(&self.context);
        let begun = context.engine.store.begin(&self.lease).await.map_err(BatchFailure::Outage)?;
        let Some((mut transaction, _)) = begun else { return Err(BatchFailure::Lost) };
        let applied = guarded(self.work.apply(from, to, Some(key), &mut transaction)).await;
        if let Err(Fault::Panicked(_)) = applied {
            // Dropped and not rolled back: the state in which the panic left it is unknown.
            drop(transaction);
        } else {
            transaction.roll_back().await.map_err(BatchFailure::Outage)?;
        }
        applied.map_err(|fault| self.failure_of(fault))
    }

    /// Stores the last error, which the status shows.
    pub(super) async fn note(&mut self, fault: Option<&Fault>) -> Result<(), Interrupt> {
        let text = fault.map(ToString::to_string);
        Ok(self.context.engine.store.note_error(&self.lease, text.as_deref()).await?)
    }

    pub(super) fn stop_reason(
        &self,
        event: String,
        position: Position,
        fault: Fault,
        attempts: usize,
    ) -> StopReason {
        match fault {
            Fault::Undecodable(error) => {
                self.newer_program(&error).unwrap_or_else(|| self.undecodable(position, error))
            }
            Fault::Failed(error) => {
                StopReason::Failed { event, position, attempts, error: error.to_string() }
            }
            Fault::Panicked(message) => StopReason::Panicked { event, position, attempts, message },
        }
    }

    /// The error of decoding speaks of "this program", and other programs show it too: so the program is named.
    fn undecodable(&self, position: Position, error: DecodeError) -> StopReason {
        let error = crate::ProjectionError::from(error);
        let error = format!("in the program `{}`, {error}", self.context.worker.application);
        StopReason::Undecodable { position, error }
    }

    /// The reason to stop at an event that a newer program recorded; `None` for one that this program should be able to
    /// decode: another program of the same release would stop at it again.
    fn newer_program(&self, error: &DecodeError) -> Option<StopReason> {
        let (DecodeError::UnknownType { context } | DecodeError::UnknownVersion { context, .. }) = error
        else {
            return None;
        };
        let known = match self.consumer.known(&context.event_type) {
            Known::No => None,
            Known::UpTo(version) if version < context.schema_version => Some(version),
            Known::UpTo(_) | Known::Removed => return None,
        };
        Some(StopReason::NeedsNewerProgram {
            position: context.position,
            category: context.stream.category().to_owned(),
            event_type: context.event_type.to_string(),
            schema_version: context.schema_version,
            known,
            application: self.context.worker.application.clone(),
        })
    }
}
