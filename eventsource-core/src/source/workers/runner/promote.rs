//! Switching an inline projection from following the log to committing with the events.
//!
//! It has to be done without a gap or a double: while the last events are applied, every append is kept waiting,
//! and appends that come after it carry the projection themselves, or are refused.

use std::sync::atomic::Ordering;

use super::{End, Interrupt, Runner};
use crate::{
    Position,
    source::consumer::{guarded, is_inline},
    store::{GenerationState, LogPage, ProjectionStore, StoreError},
};

/// More than this is applied beforehand, while appends go on.
const LAST_EVENTS: usize = 1_000;

impl<S: ProjectionStore> Runner<S> {
    /// Makes the projection commit with the events, if it is to, and all programs that live know it.
    pub(super) async fn promote(&mut self) -> Result<(), Interrupt> {
        let building = self.generation.state == GenerationState::Building;
        let wanted = is_inline(self.consumer.definition()) && self.poke.may_promote.load(Ordering::Acquire);
        if !wanted || !self.parked.is_empty() || (building && !self.generation.swap_when_ready) {
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
        let shared = std::sync::Arc::clone(&self.shared);
        let store = &shared.source.store;
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
            if building {
                store.exchange(&mut transaction, self.generation.id, self.generation.keep_old).await?;
            }
            store.promote(&mut transaction, &self.lease).await?;
            store.commit(transaction).await
        }
        .await;
        self.work.settled(kept.is_ok());
        kept?;
        self.position = head;
        shared.progress(&self.lease, head, applied);
        tracing::info!(projection = self.generation.name, position = %head, "commits with the events from now on");
        Err(Interrupt::End(End::Promoted))
    }

    /// Applies what is left, which is all there is. `None` if that is too much for appends to wait for, or
    /// fails: then it follows on, and says so there.
    async fn apply_rest(&mut self, transaction: &mut S::Transaction) -> Result<Option<Position>, Interrupt> {
        self.work.clear();
        let (store, filter) = (&self.shared.source.store, self.consumer.filter());
        let read = store.read_rest(transaction, self.position, filter, LAST_EVENTS);
        let LogPage { events, horizon, at_head } = read.await?;
        let (upto, blocked) = self.take(horizon, events);
        if !at_head || blocked.is_some() || !self.work.in_hand().set_aside(self.position, upto).is_empty() {
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
