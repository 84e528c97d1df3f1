//! Parked events: listing, retrying and discarding them.

use std::{sync::Arc, time::Duration};

use super::Inner;
use crate::store::{ParkedEvent, ParkedRequest, ProjectionStore, StoreError};

/// The interval at which the outcome is polled.
const POLL: Duration = Duration::from_millis(20);

/// The outcome of retrying a parked key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParkedRetry {
    /// All events of the key were applied. New events of the key are no longer parked.
    Applied,
    /// An event failed again. It stays parked, and the events behind it too.
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
    /// The worker of the partition did not retry the key in time. The request stays stored, and is carried out
    /// later.
    #[error(
        "the parked key {key:?} of `{projection}` was not retried within {waited:?}; check that a worker processes it"
    )]
    TimedOut {
        /// The projection.
        projection: String,
        /// The key.
        key: String,
        /// How long the call waited.
        waited: Duration,
    },
    /// The store could not be read or written.
    #[error("could not read or update the parked events")]
    Store(#[from] StoreError),
}

impl<S: ProjectionStore> Inner<S> {
    pub(super) async fn parked(&self, name: &str) -> Result<Vec<ParkedEvent>, StoreError> {
        match self.live(name).await? {
            Some(live) => self.store.parked(live.id).await,
            None => Ok(Vec::new()),
        }
    }

    pub(super) async fn request_parked(
        self: &Arc<Self>,
        name: &str,
        key: &str,
        request: ParkedRequest,
        timeout: Duration,
    ) -> Result<ParkedRetry, ParkedError> {
        let unknown = || ParkedError::Unknown { projection: name.to_owned(), key: key.to_owned() };
        let live = self.live(name).await?.ok_or_else(unknown)?;
        if !self.store.request_parked(live.id, key, &request).await? {
            return Err(unknown());
        }
        self.progress.wake_coordinator.notify_one();
        let since = tokio::time::Instant::now();
        loop {
            let parked = self.store.parked(live.id).await?;
            let mut events = parked.into_iter().filter(|it| it.key == key && it.discarded.is_none());
            match events.next() {
                None => return Ok(ParkedRetry::Applied),
                Some(event) if event.request.is_none() => {
                    return Ok(ParkedRetry::FailedAgain { event: Box::new(event) });
                }
                Some(_) if since.elapsed() > timeout => {
                    let (projection, key) = (name.to_owned(), key.to_owned());
                    return Err(ParkedError::TimedOut { projection, key, waited: since.elapsed() });
                }
                Some(_) => tokio::time::sleep(POLL).await,
            }
        }
    }
}
