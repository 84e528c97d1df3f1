//! Removing the outcomes that no delivery asks for any more.

use std::{sync::Arc, time::Duration};

use crate::{
    Timestamp,
    projections::{
        ProjectionEngine,
        consumer::{Consumer, consumer_of},
    },
    store::{Escaped, Generation, LogFilter, ProjectionStore, StoreError},
};

/// How many outcomes are removed at a time.
const BATCH: usize = 1_000;

/// Why no outcome was removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurgeError {
    /// The consumer has parked events, which are delivered again when they are retried.
    #[error(
        "`{consumer}` has {parked} parked events, whose outcomes are still needed; retry or discard them, and purge then",
        consumer = Escaped(consumer)
    )]
    Parked {
        /// The consumer.
        consumer: String,
        /// The number of its parked events.
        parked: u64,
    },
    /// The consumer has not passed an event that is as old as the outcomes.
    #[error(
        "`{consumer}` has not passed an event of {recorded_at}, whose outcomes may still be needed; let it catch up, or \
         purge what is older than that",
        consumer = Escaped(consumer)
    )]
    Behind {
        /// The consumer.
        consumer: String,
        /// When the event was recorded.
        recorded_at: Timestamp,
    },
    /// The store failed. Some outcomes may have been removed.
    #[error("the outcomes were removed only in part; repeat it once the store is back")]
    Store(#[from] StoreError),
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    pub(crate) async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
    ) -> Result<u64, PurgeError> {
        let has_name = |it: &&Arc<dyn Consumer<S>>| {
            it.definition().name == consumer || it.former_names().contains(&consumer)
        };
        let registered = self.consumers.iter().find(has_name);
        let former_names = registered.map_or(&[][..], |it| it.former_names());
        let name = registered.map_or(consumer, |it| it.definition().name.as_str());
        let is_of = |it: &Generation| it.name == name || former_names.contains(&it.name.as_str());
        for generation in self.store.generations().await?.iter().filter(|it| is_of(it)) {
            self.check_no_need(generation, older_than).await?;
        }
        // What is kept about deliveries stays under the oldest name.
        let oldest = former_names.first().copied().unwrap_or(name);
        let mut purged = 0;
        loop {
            let batch = self.store.purge_outcomes(oldest, older_than, BATCH).await?;
            purged += batch;
            if batch < BATCH as u64 {
                return Ok(purged);
            }
        }
    }

    /// Checks that no event is delivered again whose outcomes are as old.
    async fn check_no_need(&self, generation: &Generation, older_than: Duration) -> Result<(), PurgeError> {
        let consumer = generation.name.clone();
        let parked = generation.checkpoints.iter().map(|it| it.parked).sum();
        if parked > 0 {
            return Err(PurgeError::Parked { consumer, parked });
        }
        let before = self.store.moment().await?.time.saturating_sub(older_than);
        let all = LogFilter::all();
        let filter = consumer_of(&self.consumers, generation).map_or(&all, |it| it.filter());
        let next = self.store.read_log(generation.position(), filter, 1).await?.events.pop();
        match next.map(|event| event.context.recorded_at).filter(|recorded_at| *recorded_at <= before) {
            Some(recorded_at) => Err(PurgeError::Behind { consumer, recorded_at }),
            None => Ok(()),
        }
    }
}
