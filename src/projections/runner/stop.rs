//! Handling a failed event: the partition tries again, stops, or parks the event.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Runner,
    batch::{AfterFailure, Attempts, Blocked},
    outcome::{End, Interrupt},
};
use crate::{
    DecodeError, OnFailure, Position,
    projections::{
        consumer::{Fault, Known},
        meters,
    },
    store::{ProjectionStore, StopReason},
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
        let name = self.generation.name.clone();
        let event = events.map(|(from, _)| self.work.buffered().context(from).clone());
        let event_text = event.as_ref().map_or_else(|| "no event".to_owned(), ToString::to_string);
        let correlation = event.as_ref().and_then(|event| event.metadata.correlation_id);
        tracing::warn!(
            projection = name,
            event = event_text,
            correlation_id = correlation.map(tracing::field::display),
            %fault,
            attempt = attempts.count + 1,
            "the projection failed on an event"
        );
        meters::failed(&name);
        let parkable = events.filter(|&(from, to)| self.may_park(from, to));
        let delay = attempts.next();
        if let (Some((from, to)), true) = (parkable, self.gives_up_early()) {
            self.park(from, to, &fault, attempts.count);
            return Ok(AfterFailure::Parked);
        }
        self.note(Some(&fault)).await?;
        if let Some(delay) = delay {
            tokio::select! {
                () = tokio::time::sleep(delay) => return Ok(AfterFailure::Retry),
                () = self.token.cancelled() => return Err(Interrupt::End(End::Cancelled)),
            }
        }
        if let Some((from, to)) = parkable {
            self.gave_up = Some(Instant::now());
            self.park(from, to, &fault, attempts.count);
            return Ok(AfterFailure::Parked);
        }
        let position = event.map_or(self.position, |event| event.position);
        Err(self.stop(self.stop_reason(event_text, position, fault, attempts.count)).await)
    }

    /// Whether these events can be parked. Events of several keys cannot be parked as one event.
    fn may_park(&self, from: usize, to: usize) -> bool {
        self.consumer.on_failure().then == OnFailure::Park
            && (from..to).all(|index| self.work.buffered().key(index) == self.work.buffered().key(from))
    }

    /// Whether an event is parked after its first attempt: an event of this partition has just failed all attempts, and
    /// the delays of further events would add up while the events of other keys wait. Not for an event handler: it may
    /// fail because of an outage elsewhere, and would park all events meanwhile.
    fn gives_up_early(&self) -> bool {
        let within = self.consumer.on_failure().max_delay.max(Duration::from_secs(1));
        !self.work.reaches_outside() && self.gave_up.is_some_and(|since| since.elapsed() < within)
    }

    /// Stops at an event that this program cannot decode: no later event can be applied.
    pub(super) async fn stop_at(&mut self, blocked: Blocked) -> Interrupt {
        let Blocked { position, fault } = blocked;
        self.stop(self.stop_reason(format!("the event at position {position}"), position, fault, 1)).await
    }

    async fn stop(&mut self, reason: StopReason) -> Interrupt {
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
                Interrupt::End(End::Stopped)
            }
            Err(error) => Interrupt::Outage(error),
        }
    }

    /// Parks events that were upcast from one stored event, with the next commit. All later events of their key are
    /// parked behind them.
    fn park(&mut self, from: usize, to: usize, fault: &Fault, attempts: usize) {
        let buffered = self.work.buffered();
        let key = buffered.key(from).to_owned();
        tracing::error!(
            projection = self.generation.name,
            key,
            event = %buffered.context(from),
            "parking the event; later events of its key are parked behind it until it is retried or discarded"
        );
        for index in from..to {
            self.work.park(index, Some(fault.to_string()), attempts);
        }
        self.newly_parked.since.get_or_insert_with(Instant::now);
        self.newly_parked.keys.insert(key.clone());
        self.parked.insert(key);
    }

    /// Stores the last error, which the status shows.
    pub(super) async fn note(&mut self, fault: Option<&Fault>) -> Result<(), Interrupt> {
        let text = fault.map(ToString::to_string);
        Ok(self.context.engine.store.note_error(&self.lease, text.as_deref()).await?)
    }

    fn stop_reason(&self, event: String, position: Position, fault: Fault, attempts: usize) -> StopReason {
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
