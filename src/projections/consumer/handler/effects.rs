//! Keeping what is known of the effects of a delivery that must not be repeated.

use std::sync::Arc;

use async_trait::async_trait;
use eventsource_core::projection::EffectStore;

use crate::{
    EventId,
    projections::ProjectionEngine,
    store::{MessageName, ProjectionStore, StoreError, StoreTransaction},
};

/// The effects of the deliveries of one event.
pub(super) struct Effects<S> {
    pub(super) engine: Arc<ProjectionEngine<S>>,
    /// The oldest name of the handler.
    pub(super) consumer: &'static str,
    pub(super) event: EventId,
    /// The ordinal of the event among those that were upcast from the same stored event.
    pub(super) nth: usize,
}

#[async_trait]
impl<S: ProjectionStore> EffectStore for Effects<S> {
    async fn change(
        &self,
        effect: &str,
        change: &mut (dyn FnMut(Option<String>) -> Option<String> + Send),
    ) -> Result<(), StoreError> {
        let id = format!("{}/{}/{effect}", self.event, self.nth);
        let message = MessageName { consumer: self.consumer, id: &id };
        let mut delays = self.engine.commands.retry().delays();
        loop {
            let error = match self.try_change(message, change).await {
                Err(error) if error.is_retryable() => error,
                outcome => return outcome,
            };
            let Some(delay) = delays.next() else { return Err(error) };
            tokio::time::sleep(delay).await;
        }
    }
}

impl<S: ProjectionStore> Effects<S> {
    async fn try_change(
        &self,
        message: MessageName<'_>,
        change: &mut (dyn FnMut(Option<String>) -> Option<String> + Send),
    ) -> Result<(), StoreError> {
        let (mut transaction, kept) = self.engine.store.begin_message(message).await?;
        match change(kept.map(|outcome| outcome.content)) {
            Some(content) => {
                transaction.keep_outcome(message, &content).await?;
                transaction.commit().await
            }
            None => transaction.roll_back().await,
        }
    }
}

#[cfg(test)]
mod tests;
