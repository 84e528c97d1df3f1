//! Committing what a handler has handled: when, and how.

use backon::ExponentialBackoff;
use tokio::time::Instant;

use super::{CHECKPOINT_DELAY, Deliveries, window::Prefix};
use crate::{
    Position,
    projections::{
        meters,
        runner::{
            outage_delays,
            outcome::{BatchFailure, End, Interrupt},
        },
    },
    store::{ProjectionStore, StoreTransaction},
};

/// What is to be committed, and since when.
#[derive(Default)]
pub(super) struct Commits {
    /// Since when more than before can be committed.
    behind_since: Option<Instant>,
    /// The position of a commit whose outcome is unknown.
    unknown: Option<Position>,
    /// After an outage: when the next commit is tried, and the delays after that.
    outage: Option<(Instant, ExponentialBackoff)>,
}

impl Commits {
    /// Whether the last commit failed because of an outage.
    pub(super) fn is_outage(&self) -> bool {
        self.outage.is_some()
    }

    /// Whether there may be something to commit now.
    pub(super) fn may_commit(&self) -> bool {
        self.behind_since.is_some()
    }
}

impl<S: ProjectionStore> Deliveries<'_, S> {
    /// Called when events were handled, parked or read.
    pub(super) fn moved(&mut self) {
        let start = self.window.start_position();
        if start > self.runner.position {
            // No events of this handler are before it.
            self.runner.position = start;
            self.runner.context.progress(&self.runner.lease, start, 0);
        }
        if self.window.has_prefix() || start > self.runner.checkpoint {
            self.commits.behind_since.get_or_insert_with(Instant::now);
        }
    }

    /// When the next commit is made: at once if nothing else is to be handled, and otherwise at intervals.
    pub(super) fn commit_at(&self) -> Option<Instant> {
        let since = self.commits.behind_since?;
        let is_idle = self.tasks.is_empty() && !self.window.can_start() && self.retries.is_empty();
        let delay = match self.window.has_prefix() {
            true if is_idle => std::time::Duration::ZERO,
            true => self.options.commit_every,
            false => CHECKPOINT_DELAY,
        };
        let at = since + delay;
        Some(self.commits.outage.as_ref().map_or(at, |(next, _)| at.max(*next)))
    }

    /// Commits the position up to which all events are handled or parked, with the parked ones. An outage does not
    /// disturb the deliveries: the commit is tried again later.
    pub(super) async fn commit(&mut self) -> Result<(), Interrupt> {
        if self.commits.outage.as_ref().is_some_and(|(next, _)| *next > Instant::now()) {
            return Ok(());
        }
        let prefix = self.window.prefix();
        self.commits.behind_since = None;
        if prefix.upto <= self.runner.checkpoint {
            return Ok(());
        }
        match self.store_prefix(&prefix).await {
            Ok((upto, handled)) => {
                self.commits.outage = None;
                self.commits.unknown = None;
                self.committed(upto, handled);
                self.runner.no_outage();
                Ok(())
            }
            Err(BatchFailure::Lost) => Err(Interrupt::End(End::Lost)),
            Err(BatchFailure::Moved) => Err(Interrupt::Again),
            Err(BatchFailure::Outage(error)) => {
                self.commits.behind_since = Some(Instant::now());
                let mut delays = self.commits.outage.take().map_or_else(outage_delays, |(_, delays)| delays);
                let delay = delays.next().unwrap_or_default();
                self.commits.outage = Some((Instant::now() + delay, delays));
                self.runner.failed_outside(error).await;
                Ok(())
            }
            Err(BatchFailure::Contended | BatchFailure::NotYet(_) | BatchFailure::Fault(_)) => {
                unreachable!("no code of the application runs")
            }
        }
    }

    /// Returns the position that is committed, and how many events with it.
    async fn store_prefix(&mut self, prefix: &Prefix) -> Result<(Position, u64), BatchFailure> {
        let since = std::time::Instant::now();
        let Prefix { upto, parked, handled } = prefix;
        let context = std::sync::Arc::clone(&self.runner.context);
        let Some(_slot) = context.slot(self.runner.control.is_building()).await else {
            return Err(BatchFailure::Lost);
        };
        let begun = context.engine.store.begin(&self.runner.lease).await.map_err(BatchFailure::Outage)?;
        let Some((mut transaction, at)) = begun else { return Err(BatchFailure::Lost) };
        if at != self.runner.checkpoint {
            transaction.roll_back().await.map_err(BatchFailure::Outage)?;
            // The connection may have been lost during a commit that happened. What was handled since then comes with the
            // next one.
            return if self.commits.unknown == Some(at) { Ok((at, 0)) } else { Err(BatchFailure::Moved) };
        }
        self.commits.unknown = Some(*upto);
        let committed = async {
            if !parked.is_empty() {
                transaction.park(&self.runner.lease, parked).await?;
            }
            transaction.advance(&self.runner.lease, *upto, *handled).await?;
            transaction.commit().await
        };
        committed.await.map_err(BatchFailure::Outage)?;
        meters::applied(&self.runner.generation.name, number(*handled), since.elapsed());
        Ok((*upto, *handled))
    }

    fn committed(&mut self, upto: Position, handled: u64) {
        self.window.committed(upto);
        self.runner.position = self.runner.position.max(upto);
        self.runner.set_checkpoint(upto);
        self.runner.context.progress(&self.runner.lease, self.runner.position, number(handled));
        self.moved();
    }
}

fn number(handled: u64) -> usize {
    usize::try_from(handled).unwrap_or(usize::MAX)
}
