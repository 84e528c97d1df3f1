//! Promoting a projection that is registered as inline: from following the log to being inline.
//!
//! No event may be missed or applied twice: every append is blocked while the last events are applied, and later
//! appends update the projection themselves or are refused.

use std::borrow::Cow;

use tokio::time::Instant;

use super::{
    Runner,
    outcome::{End, Interrupt},
};
use crate::{
    Position,
    projections::consumer::{Fault, guarded},
    store::{GenerationState, LogPage, ProjectionStore, StoreError, StoreTransaction},
};

/// How many events may be left for the promotion. Earlier events are applied before it, while appends continue.
const LAST_EVENTS: usize = 1_000;

impl<S: ProjectionStore> Runner<S> {
    /// Promotes the projection, if it is registered as inline by all running programs.
    pub(super) async fn promote(&mut self) -> Result<(), Interrupt> {
        let Some(generation) = self.control.promotable() else { return Ok(()) };
        if !self.parked.is_empty() || self.refused.is_some_and(|until| until > Instant::now()) {
            return Ok(());
        }
        if self.partitions() > 1 {
            let name = &self.generation.name;
            tracing::warn!(
                projection = name,
                "an inline projection must have one partition; rebuild the projection to make it inline"
            );
            return Ok(());
        }
        let context = std::sync::Arc::clone(&self.context);
        let store = &context.engine.store;
        self.store_checkpoint().await?;
        let Some((mut transaction, at)) = store.begin_promotion(&self.lease).await? else {
            // Running appends took too long, or the lease is lost. The next tick of the coordinator shows which.
            return Ok(());
        };
        if at != self.checkpoint {
            transaction.roll_back().await?;
            return Err(Interrupt::Again);
        }
        let Some(head) = self.apply_rest(&mut transaction).await? else {
            transaction.roll_back().await?;
            return Err(Interrupt::Again);
        };
        let applied = self.work.buffered().len();
        let committed: Result<(), StoreError> = async {
            transaction.advance(&self.lease, head, applied as u64).await?;
            if generation.state == GenerationState::Building {
                transaction.swap(generation.id, generation.keep_old).await?;
            }
            transaction.promote(&self.lease).await?;
            transaction.commit().await
        }
        .await;
        self.work.transaction_ended(committed.is_ok());
        if let Err(error) = committed {
            return Err(self.refused(error).await);
        }
        self.position = head;
        context.progress(&self.lease, head, applied);
        tracing::info!(projection = self.generation.name, position = %head, "the projection is inline from now on");
        Err(Interrupt::End(End::Promoted))
    }

    /// Stores a permanent refusal as the last error, and delays the next attempt, because each attempt blocks
    /// appends.
    async fn refused(&mut self, error: StoreError) -> Interrupt {
        if error.is_retryable() {
            return Interrupt::Outage(error);
        }
        self.refused = Some(Instant::now() + self.context.options.lease);
        let fault = Fault::Failed(error.into());
        tracing::warn!(
            projection = self.generation.name,
            %fault,
            "could not promote the projection; it follows the log until the next attempt"
        );
        self.note(Some(&fault)).await.err().unwrap_or(Interrupt::Again)
    }

    /// Applies the remaining events of the log. `None` if they are too many to block appends for, or if one fails:
    /// then the projection continues to follow the log, where the failure is reported.
    async fn apply_rest(&mut self, transaction: &mut S::Transaction) -> Result<Option<Position>, Interrupt> {
        self.work.clear();
        let filter = self.consumer.filter();
        let read = transaction.read_rest(self.position, filter, LAST_EVENTS);
        let LogPage { events, horizon, at_head } = read.await?;
        let (upto, blocked) = self.take(horizon, events.into_iter().map(Cow::Owned));
        if !at_head || blocked.is_some() || !self.work.buffered().to_park(self.position, upto).is_empty() {
            return Ok(None);
        }
        let count = self.work.buffered().len();
        if count > 0
            && let Err(fault) = guarded(self.work.apply(0, count, None, transaction)).await
        {
            tracing::debug!(
                projection = self.generation.name,
                %fault,
                "could not apply the last events before the promotion"
            );
            self.work.transaction_ended(false);
            return Ok(None);
        }
        Ok(Some(upto))
    }
}

#[cfg(test)]
mod tests;
