//! Applying what was read: in one transaction if it goes well, in ever smaller ones until the event is found
//! that it does not go with.

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
    /// The checkpoint is not where it was left: an earlier commit was of unknown outcome.
    Moved,
    Outage(StoreError),
    Fault(Fault),
}

impl BatchFailure {
    /// Where no code of the application is run, nothing is its fault.
    pub(super) fn into_interrupt(self) -> Interrupt {
        match self {
            Self::Lost => Interrupt::End(End::Lost),
            Self::Moved | Self::Fault(_) => Interrupt::Again,
            Self::Outage(error) => Interrupt::Outage(error),
        }
    }
}

/// An event that cannot be read, and the position up to which there is none such.
pub(super) struct Blocked {
    pub(super) position: Position,
    pub(super) fault: Fault,
}

impl<S: ProjectionStore> Runner<S> {
    /// Applies the events of a page, and is then at its horizon.
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

    /// Decodes the events, up to the first that cannot be.
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
        let count = self.work.in_hand().len();
        let most = if self.work.reaches_outside() { 1 } else { self.context.options.batch_events.max(1) };
        let mut size = most;
        let mut done = 0;
        let mut attempts = Attempts::new(self.consumer.on_failure());
        if count == 0 && self.work.in_hand().to_park(self.position, upto).is_empty() {
            self.pass(upto);
            return Ok(());
        }
        while done < count || self.position < upto {
            if self.token.is_cancelled() {
                return Err(Interrupt::End(End::Cancelled));
            }
            let end = self.boundary(done, size);
            let to = if end == count { upto } else { self.work.in_hand().context(end - 1).position };
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

    /// Where a batch of about this size ends: events that were upcast from one are never apart.
    fn boundary(&self, from: usize, size: usize) -> usize {
        let count = self.work.in_hand().len();
        let mut end = (from + size).min(count);
        while end > from
            && end < count
            && self.work.in_hand().context(end).position == self.work.in_hand().context(end - 1).position
        {
            end += 1;
        }
        end
    }

    /// Nothing up to here is of interest.
    fn pass(&mut self, upto: Position) {
        if upto > self.position {
            self.position = upto;
            self.unkept.get_or_insert_with(tokio::time::Instant::now);
            self.context.progress(&self.lease, upto, 0);
        }
    }

    /// Applies some of the events in hand, parks others, and moves the checkpoint, all or nothing.
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
            // Of a batch there is not one.
            correlation_id = (to == from + 1)
                .then(|| self.work.in_hand().context(from).metadata.correlation_id)
                .flatten()
                .map(tracing::field::display),
        );
        self.transact_within(from, to, upto).instrument(span).await
    }

    async fn transact_within(&mut self, from: usize, to: usize, upto: Position) -> Result<(), BatchFailure> {
        let since = std::time::Instant::now();
        let context = std::sync::Arc::clone(&self.context);
        let store = &context.source.store;
        let outside = self.work.reaches_outside();
        if outside && to > from {
            guarded(self.work.apply(from, to, None)).await.map_err(BatchFailure::Fault)?;
        }
        let Some(_slot) = context.slot(self.control.is_building()).await else {
            return Err(BatchFailure::Lost);
        };
        let Some((mut transaction, at)) = store.begin(&self.lease).await.map_err(BatchFailure::Outage)?
        else {
            return Err(BatchFailure::Lost);
        };
        if at != self.kept {
            store.roll_back(transaction).await.map_err(BatchFailure::Outage)?;
            return Err(BatchFailure::Moved);
        }
        if !outside && to > from {
            match guarded(self.work.apply(from, to, Some(&mut transaction))).await {
                Ok(()) => {}
                Err(Fault::Failed(error)) => {
                    self.work.settled(false);
                    let away = store.is_outage(&error);
                    // A transaction that cannot be rolled back has lost its connection.
                    store.roll_back(transaction).await.map_err(BatchFailure::Outage)?;
                    let action = "applying events";
                    return Err(match away {
                        true => BatchFailure::Outage(StoreError::Unavailable {
                            action,
                            source: error.into_inner(),
                        }),
                        false => BatchFailure::Fault(Fault::Failed(error)),
                    });
                }
                Err(fault) => {
                    // Dropped and not rolled back: nobody knows in which state the panic left it.
                    drop(transaction);
                    self.work.settled(false);
                    return Err(BatchFailure::Fault(fault));
                }
            }
        }
        let to_park = self.work.in_hand().to_park(self.position, upto);
        let kept = async {
            if !to_park.is_empty() {
                store.park(&mut transaction, &self.lease, &to_park).await?;
            }
            store.advance(&mut transaction, &self.lease, upto, (to - from) as u64).await?;
            store.commit(transaction).await
        };
        match kept.await {
            Ok(()) => {
                self.work.settled(true);
                self.position = upto;
                self.keep(upto);
                self.unkept = None;
                context.progress(&self.lease, upto, to - from);
                meters::applied(&self.generation.name, to - from, since.elapsed());
                Ok(())
            }
            Err(error) => {
                self.work.settled(false);
                Err(match error.is_retryable() {
                    true => BatchFailure::Outage(error),
                    false => BatchFailure::Fault(Fault::Failed(error.into())),
                })
            }
        }
    }
}

/// How often an event was tried, and how long until the next time.
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

    /// Counts one more; `None` if it was the last.
    pub(super) fn next(&mut self) -> Option<std::time::Duration> {
        self.count += 1;
        self.delays.next()
    }
}
