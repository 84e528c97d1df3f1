//! Putting a read model that was made anew in the place of the live one.

use super::WorkerContext;
use crate::store::{Generation, ProjectionStore, StoreError, SwapAttempt};

/// How far the new one may be behind for it to be worth a try: what follows within the time of the try.
const NEAR: u64 = 2_000;

impl<S: ProjectionStore> WorkerContext<S> {
    /// Swaps the two if they stand level; tries again at the next look otherwise. Answers whether it did.
    pub(super) async fn swap(&self, building: &Generation, live: &Generation) -> Result<bool, StoreError> {
        let store = &self.source.store;
        let goal = match live.inline {
            false => live.position(),
            // Its checkpoint stands where it was switched over. To try too early keeps appends waiting.
            true => self.source.settled(live.position()).await?,
        };
        if building.position().get() + NEAR < goal.get() {
            return Ok(false);
        }
        let mut transaction = match store.begin_swap(building.id).await? {
            SwapAttempt::Ready(transaction) => transaction,
            SwapAttempt::Behind | SwapAttempt::Busy | SwapAttempt::Gone => return Ok(false),
        };
        if let Err(error) = store.swap(&mut transaction, building.id, building.keep_old).await {
            // The old one stays, and readers with it.
            store.roll_back(transaction).await?;
            return Err(error);
        }
        store.commit(transaction).await?;
        tracing::info!(
            projection = building.name,
            version = building.version,
            generation = building.id.get(),
            "is live from now on"
        );
        self.changed();
        Ok(true)
    }
}
