//! Replacing the live read model by a rebuilt one.

use tokio::time::Instant;

use super::context::WorkerContext;
use crate::store::{Generation, ProjectionStore, StoreError, StoreTransaction, SwapAttempt};

/// How many positions the new generation may be behind for a swap to be attempted: it can catch up during the
/// attempt.
const NEAR: u64 = 2_000;

/// A swap that the store refused: when it is tried again, and why.
pub(super) struct RefusedSwap {
    pub(super) until: Instant,
    pub(super) error: String,
}

impl<S: ProjectionStore> WorkerContext<S> {
    /// Swaps the two generations if the new one has caught up, and returns whether it did. Otherwise the next tick
    /// tries again.
    pub(super) async fn swap(&self, building: &Generation, live: &Generation) -> Result<bool, StoreError> {
        let store = &self.engine.store;
        let goal = match live.inline {
            false => live.position(),
            // Its checkpoint stays where it was promoted. An attempt that comes too early would block appends.
            true => self.engine.horizon_from(live.position()).await?,
        };
        if building.position().get() + NEAR < goal.get() {
            return Ok(false);
        }
        let mut transaction = match store.begin_swap(building.id).await? {
            SwapAttempt::Ready(transaction) => transaction,
            _ => return Ok(false),
        };
        if let Err(error) = transaction.swap(building.id, building.keep_old).await {
            // The old generation stays live.
            transaction.roll_back().await?;
            return Err(error);
        }
        transaction.commit().await?;
        tracing::info!(
            projection = building.name,
            version = building.version,
            generation = building.id.get(),
            "the generation is live from now on"
        );
        self.changed();
        Ok(true)
    }
}
