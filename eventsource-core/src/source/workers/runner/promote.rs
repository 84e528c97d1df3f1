//! Switching an inline projection from following the log to committing with the events.
//!
//! It has to be done without a gap or a double: while the last events are applied, every append is kept waiting,
//! and appends that come after it carry the projection themselves, or are refused.

use std::borrow::Cow;

use tokio::time::Instant;

use super::{End, Interrupt, Runner};
use crate::{
    Position,
    source::consumer::{Fault, guarded},
    store::{GenerationState, LogPage, ProjectionStore, StoreError},
};

/// More than this is applied beforehand, while appends go on.
const LAST_EVENTS: usize = 1_000;

impl<S: ProjectionStore> Runner<S> {
    /// Makes the projection commit with the events, if it is to, and all programs that live know it.
    pub(super) async fn promote(&mut self) -> Result<(), Interrupt> {
        let Some(generation) = self.control.promotable() else { return Ok(()) };
        if !self.parked.is_empty() || self.refused.is_some_and(|until| until > Instant::now()) {
            return Ok(());
        }
        if self.partitions() > 1 {
            let name = &self.generation.name;
            tracing::warn!(
                projection = name,
                "has partitions from before; rebuild it, and it commits with the events"
            );
            return Ok(());
        }
        let context = std::sync::Arc::clone(&self.context);
        let store = &context.source.store;
        self.keep_checkpoint().await?;
        let Some((mut transaction, at)) = store.begin_promotion(&self.lease).await? else {
            // Appends were under way for too long, or the lease is lost; the next look tells.
            return Ok(());
        };
        if at != self.kept {
            store.roll_back(transaction).await?;
            return Err(Interrupt::Again);
        }
        let Some(head) = self.apply_rest(&mut transaction).await? else {
            store.roll_back(transaction).await?;
            return Err(Interrupt::Again);
        };
        let applied = self.work.in_hand().len();
        let kept: Result<(), StoreError> = async {
            store.advance(&mut transaction, &self.lease, head, applied as u64).await?;
            if generation.state == GenerationState::Building {
                store.swap(&mut transaction, generation.id, generation.keep_old).await?;
            }
            store.promote(&mut transaction, &self.lease).await?;
            store.commit(transaction).await
        }
        .await;
        self.work.settled(kept.is_ok());
        if let Err(error) = kept {
            return Err(self.refused(error).await);
        }
        self.position = head;
        context.progress(&self.lease, head, applied);
        tracing::info!(projection = self.generation.name, position = %head, "commits with the events from now on");
        Err(Interrupt::End(End::Promoted))
    }

    /// What the store refuses for good is told to all, and not tried at once again: appends wait each time.
    async fn refused(&mut self, error: StoreError) -> Interrupt {
        if error.is_retryable() {
            return Interrupt::Outage(error);
        }
        self.refused = Some(Instant::now() + self.context.options.lease);
        let fault = Fault::Failed(error.into());
        tracing::warn!(projection = self.generation.name, %fault, "cannot commit with the events for now");
        self.note(Some(&fault)).await.err().unwrap_or(Interrupt::Again)
    }

    /// Applies what is left, which is all there is. `None` if that is too much for appends to wait for, or
    /// fails: then it follows on, and says so there.
    async fn apply_rest(&mut self, transaction: &mut S::Transaction) -> Result<Option<Position>, Interrupt> {
        self.work.clear();
        let (store, filter) = (&self.context.source.store, self.consumer.filter());
        let read = store.read_rest(transaction, self.position, filter, LAST_EVENTS);
        let LogPage { events, horizon, at_head } = read.await?;
        let (upto, blocked) = self.take(horizon, events.into_iter().map(Cow::Owned));
        if !at_head || blocked.is_some() || !self.work.in_hand().to_park(self.position, upto).is_empty() {
            return Ok(None);
        }
        let count = self.work.in_hand().len();
        if count > 0
            && let Err(fault) = guarded(self.work.apply(0, count, Some(transaction))).await
        {
            tracing::debug!(projection = self.generation.name, %fault, "the last events failed");
            self.work.settled(false);
            return Ok(None);
        }
        Ok(Some(upto))
    }
}
