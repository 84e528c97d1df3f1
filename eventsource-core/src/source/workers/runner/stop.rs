//! Handling a failed event: the partition tries again, stops, or parks the event.

use super::{
    End, Interrupt, Runner,
    batch::{Attempts, Blocked},
};
use crate::{
    DecodeError, OnFailure, Position,
    source::{
        consumer::{Fault, Known, parked_event},
        workers::meters,
    },
    store::{ProjectionStore, StopReason},
};

impl<S: ProjectionStore> Runner<S> {
    /// Handles a failed attempt on the events from one index to another, which were upcast from one stored event,
    /// or on no event. Returns `Ok` to try again.
    pub(super) async fn failed(
        &mut self,
        events: Option<(usize, usize)>,
        fault: Fault,
        attempts: &mut Attempts,
    ) -> Result<(), Interrupt> {
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
        self.note(Some(&fault)).await?;
        if let Some(delay) = attempts.next() {
            tokio::select! {
                () = tokio::time::sleep(delay) => return Ok(()),
                () = self.token.cancelled() => return Err(Interrupt::End(End::Cancelled)),
            }
        }
        let park = self.consumer.on_failure().then == OnFailure::Park;
        if let (true, Some((from, to))) = (park, events)
            // Events of several keys cannot be parked as one event.
            && (from..to).all(|index| self.work.buffered().key(index) == self.work.buffered().key(from))
        {
            return Err(self.park(from, &fault, attempts.count).await);
        }
        let position = event.map_or(self.position, |event| event.position);
        Err(self.stop(self.stop_reason(event_text, position, fault, attempts.count)).await)
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
        match self.context.source.store.stop(&self.lease, &reason).await {
            Ok(()) => {
                self.context.stopped(&self.generation.name, &reason);
                Interrupt::End(End::Stopped)
            }
            Err(error) => Interrupt::Outage(error),
        }
    }

    /// Parks the event. All later events of its key are parked behind it.
    async fn park(&mut self, index: usize, fault: &Fault, attempts: usize) -> Interrupt {
        let (key, event) =
            (self.work.buffered().key(index).to_owned(), self.work.buffered().context(index).clone());
        let parked = parked_event(&key, &event, Some(fault.to_string()), attempts);
        let store = &self.context.source.store;
        let committed = async {
            let Some((mut transaction, _)) = store.begin(&self.lease).await? else {
                return Ok(Interrupt::End(End::Lost));
            };
            let mut to_park = self.work.buffered().to_park(self.position, event.position);
            to_park.push(parked);
            store.park(&mut transaction, &self.lease, &to_park).await?;
            store.advance(&mut transaction, &self.lease, event.position, 0).await?;
            store.commit(transaction).await?;
            Ok(Interrupt::Again)
        };
        match committed.await {
            Ok(interrupt) => {
                tracing::error!(
                    projection = self.generation.name,
                    key,
                    %event,
                    "parked the event; later events of its key are parked behind it until it is retried or discarded"
                );
                interrupt
            }
            Err(error) => Interrupt::Outage(error),
        }
    }

    /// Stores the last error, which the status shows.
    pub(super) async fn note(&mut self, fault: Option<&Fault>) -> Result<(), Interrupt> {
        let text = fault.map(ToString::to_string);
        Ok(self.context.source.store.note_error(&self.lease, text.as_deref()).await?)
    }
}

impl<S: ProjectionStore> Runner<S> {
    fn stop_reason(&self, event: String, position: Position, fault: Fault, attempts: usize) -> StopReason {
        match fault {
            Fault::Undecodable(error) => self.newer_program(&error).unwrap_or_else(|| {
                StopReason::Undecodable { position, error: crate::ProjectionError::from(error).to_string() }
            }),
            Fault::Failed(error) => {
                StopReason::Failed { event, position, attempts, error: error.to_string() }
            }
            Fault::Panicked(message) => StopReason::Panicked { event, position, attempts, message },
        }
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
