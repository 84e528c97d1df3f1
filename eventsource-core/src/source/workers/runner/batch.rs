//! Applying a page of events: in one transaction if possible. After a failure the batch is halved until the
//! failing event is found.

use std::borrow::Cow;

use tracing::Instrument;

use super::{End, Interrupt, Runner};
use crate::{
    Position, RecordedEvent,
    source::{
        consumer::{Fault, Share, guarded, guarded_now},
        workers::meters,
    },
    store::{ProjectionStore, StoreError},
};

/// Why a transaction did not commit.
pub(super) enum BatchFailure {
    /// The lease is lost.
    Lost,
    /// The checkpoint is not the expected one: an earlier commit had an unknown outcome.
    Moved,
    Outage(StoreError),
    Fault(Fault),
}

impl BatchFailure {
    /// For transactions that run no code of the application: a fault is not the application's.
    pub(super) fn into_interrupt(self) -> Interrupt {
        match self {
            Self::Lost => Interrupt::End(End::Lost),
            Self::Moved | Self::Fault(_) => Interrupt::Again,
            Self::Outage(error) => Interrupt::Outage(error),
        }
    }
}

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
            let position = event.position;
            if let Err(fault) = guarded_now(|| work.take(event, &share)) {
                return (read, Some(Blocked { position, fault }));
            }
            read = position;
        }
        (horizon, None)
    }

    async fn apply_all(&mut self, upto: Position) -> Result<(), Interrupt> {
        let count = self.work.buffered().len();
        let most = if self.work.reaches_outside() { 1 } else { self.context.options.batch_events.max(1) };
        let mut size = most;
        let mut done = 0;
        let mut attempts = Attempts::new(self.consumer.on_failure());
        if count == 0 && self.work.buffered().to_park(self.position, upto).is_empty() {
            self.advance_over(upto);
            return Ok(());
        }
        while done < count || self.position < upto {
            if self.token.is_cancelled() {
                return Err(Interrupt::End(End::Cancelled));
            }
            let end = self.boundary(done, size);
            let to = if end == count { upto } else { self.work.buffered().context(end - 1).position };
            match self.transact(done, end, to).await {
                Ok(()) => {
                    done = end;
                    size = (size * 2).min(most);
                    attempts = Attempts::new(self.consumer.on_failure());
                }
                Err(BatchFailure::Fault(fault)) if end > self.boundary(done, 1) => {
                    tracing::debug!(projection = self.generation.name, %fault, "trying a smaller batch");
                    size = ((end - done) / 2).max(1);
                }
                Err(BatchFailure::Fault(fault)) => {
                    let poison = if end > done { Some((done, end)) } else { None };
                    self.failed(poison, fault, &mut attempts).await?;
                }
                Err(other) => return Err(other.into_interrupt()),
            }
        }
        Ok(())
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
            self.behind_since.get_or_insert_with(tokio::time::Instant::now);
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
        self.transact_within(from, to, upto).instrument(span).await
    }

    async fn transact_within(&mut self, from: usize, to: usize, upto: Position) -> Result<(), BatchFailure> {
        let since = std::time::Instant::now();
        let context = std::sync::Arc::clone(&self.context);
        let store = &context.source.store;
        let has_effects = self.work.reaches_outside();
        if has_effects && to > from {
            guarded(self.work.apply(from, to, None)).await.map_err(BatchFailure::Fault)?;
        }
        let Some(_slot) = context.slot(self.control.is_building()).await else {
            return Err(BatchFailure::Lost);
        };
        let Some((mut transaction, at)) = store.begin(&self.lease).await.map_err(BatchFailure::Outage)?
        else {
            return Err(BatchFailure::Lost);
        };
        if at != self.checkpoint {
            store.roll_back(transaction).await.map_err(BatchFailure::Outage)?;
            return Err(BatchFailure::Moved);
        }
        if !has_effects && to > from {
            match guarded(self.work.apply(from, to, Some(&mut transaction))).await {
                Ok(()) => {}
                Err(Fault::Failed(error)) => {
                    self.work.transaction_ended(false);
                    let outage = store.is_outage(&error);
                    // If the rollback fails, the connection is lost.
                    store.roll_back(transaction).await.map_err(BatchFailure::Outage)?;
                    let action = "applying events";
                    return Err(match outage {
                        true => BatchFailure::Outage(StoreError::Unavailable {
                            action,
                            source: error.into_inner(),
                        }),
                        false => BatchFailure::Fault(Fault::Failed(error)),
                    });
                }
                Err(fault) => {
                    // Dropped and not rolled back: the state in which the panic left it is unknown.
                    drop(transaction);
                    self.work.transaction_ended(false);
                    return Err(BatchFailure::Fault(fault));
                }
            }
        }
        let to_park = self.work.buffered().to_park(self.position, upto);
        let committed = async {
            if !to_park.is_empty() {
                store.park(&mut transaction, &self.lease, &to_park).await?;
            }
            store.advance(&mut transaction, &self.lease, upto, (to - from) as u64).await?;
            store.commit(transaction).await
        };
        match committed.await {
            Ok(()) => {
                self.work.transaction_ended(true);
                self.position = upto;
                self.set_checkpoint(upto);
                self.behind_since = None;
                context.progress(&self.lease, upto, to - from);
                meters::applied(&self.generation.name, to - from, since.elapsed());
                Ok(())
            }
            Err(error) => {
                self.work.transaction_ended(false);
                Err(match error.is_retryable() {
                    true => BatchFailure::Outage(error),
                    false => BatchFailure::Fault(Fault::Failed(error.into())),
                })
            }
        }
    }
}

/// The number of attempts on an event, and the delays before the next ones.
pub(super) struct Attempts {
    pub(super) count: usize,
    delays: Box<dyn Iterator<Item = std::time::Duration> + Send>,
}

impl Attempts {
    fn new(policy: crate::FailurePolicy) -> Self {
        use backon::BackoffBuilder;
        let delays = backon::ExponentialBuilder::default()
            .with_min_delay(policy.min_delay)
            .with_max_delay(policy.max_delay)
            .with_max_times(policy.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        Self { count: 0, delays: Box::new(delays) }
    }

    /// Counts an attempt; `None` if it was the last one.
    pub(super) fn next(&mut self) -> Option<std::time::Duration> {
        self.count += 1;
        self.delays.next()
    }
}
