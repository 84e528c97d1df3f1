//! Events that were parked: seeing them, trying them again, discarding one.

use std::{sync::Arc, time::Duration};

use super::Inner;
use crate::store::{ParkedEvent, ParkedRequest, ProjectionStore, StoreError};

/// How often the outcome is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The outcome of retrying a parked key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParkedRetry {
    /// All its events were applied; it goes on with the others.
    Applied,
    /// An event failed again, and stays parked with those behind it.
    FailedAgain {
        /// The event, with its last error.
        event: Box<ParkedEvent>,
    },
}

/// Why a parked key was not retried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParkedError {
    /// Nothing is parked under this key.
    #[error("`{projection}` has no parked events under the key {key:?}")]
    Unknown {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
    },
    /// The process that works the partition did not look at it in time; it will.
    #[error("`{projection}` has not tried the key {key:?} yet after {waited:?}; is a process working it?")]
    TimedOut {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
        /// How long was waited.
        waited: Duration,
    },
    /// The store could not be asked.
    #[error("the parked events cannot be reached")]
    Store(#[from] StoreError),
}

impl<S: ProjectionStore> Inner<S> {
    pub(super) async fn parked(&self, name: &str) -> Result<Vec<ParkedEvent>, StoreError> {
        match self.live(name).await? {
            Some(live) => self.store.parked(live.id).await,
            None => Ok(Vec::new()),
        }
    }

    pub(super) async fn settle(
        self: &Arc<Self>,
        name: &str,
        key: &str,
        request: ParkedRequest,
        patience: Duration,
    ) -> Result<ParkedRetry, ParkedError> {
        let unknown = || ParkedError::Unknown { projection: name.to_owned(), key: key.to_owned() };
        let live = self.live(name).await?.ok_or_else(unknown)?;
        if !self.store.request_parked(live.id, key, &request).await? {
            return Err(unknown());
        }
        self.progress.look.notify_one();
        let since = tokio::time::Instant::now();
        loop {
            let parked = self.store.parked(live.id).await?;
            let mut waiting = parked.into_iter().filter(|it| it.key == key && it.discarded.is_none());
            match waiting.next() {
                None => return Ok(ParkedRetry::Applied),
                Some(event) if event.request.is_none() => {
                    return Ok(ParkedRetry::FailedAgain { event: Box::new(event) });
                }
                Some(_) if since.elapsed() > patience => {
                    let (projection, key) = (name.to_owned(), key.to_owned());
                    return Err(ParkedError::TimedOut { projection, key, waited: since.elapsed() });
                }
                Some(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }
}
