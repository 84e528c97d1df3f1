//! Limits the appends that are queued or running.

use std::{fmt, sync::Arc, time::Duration};

use eventsource_core::store::{Append, StoreError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError},
    time::timeout,
};

/// Admits a limited number of appends at a time. Cheap to clone.
#[derive(Clone)]
pub struct Admission {
    permits: Arc<Semaphore>,
    limit: usize,
    acquire_timeout: Duration,
}

impl Admission {
    /// Admits `limit` appends at a time, at least one. Others wait for at most `acquire_timeout`.
    pub fn new(limit: usize, acquire_timeout: Duration) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { permits: Arc::new(Semaphore::new(limit)), limit, acquire_timeout }
    }

    /// The maximum number of appends at a time.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Waits until this many appends are admitted together. A list that is longer than the limit is admitted alone. The
    /// appends end when the permit is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Overloaded`] after the timeout.
    pub async fn admit(
        &self,
        action: &'static str,
        appends: usize,
    ) -> Result<OwnedSemaphorePermit, StoreError> {
        let appends = permits(appends.min(self.limit));
        match Arc::clone(&self.permits).try_acquire_many_owned(appends) {
            Ok(admitted) => return Ok(admitted),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {}
        }
        let admitted = Arc::clone(&self.permits).acquire_many_owned(appends);
        match timeout(self.acquire_timeout, admitted).await {
            Ok(Ok(admitted)) => Ok(admitted),
            _ => Err(StoreError::Overloaded { action, limit: self.limit, waited: self.acquire_timeout }),
        }
    }

    /// Waits until the admitted appends have ended. Later appends wait while the permit is held.
    pub async fn drain(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_many_owned(permits(self.limit)).await.ok()
    }
}

fn permits(appends: usize) -> u32 {
    u32::try_from(appends).unwrap_or(u32::MAX)
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = self.limit.saturating_sub(self.permits.available_permits());
        f.debug_struct("Admission").field("admitted", &admitted).field("limit", &self.limit).finish()
    }
}

/// The size of a call or of a batch of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// The number of calls.
    pub calls: usize,
    /// The number of rows that are written.
    pub rows: usize,
    /// The bytes of payloads that are written.
    pub bytes: usize,
}

impl Size {
    /// The size of one append.
    pub fn of(append: &Append) -> Self {
        let events = || append.streams.iter().flat_map(|part| &part.events);
        let bytes = events().map(|event| event.payload.get().len()).sum();
        Self { calls: 1, rows: events().count(), bytes }
    }

    /// The size of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            rows: self.rows.saturating_add(other.rows),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// Whether no part of the size exceeds that of `full`.
    pub fn is_within(self, full: Self) -> bool {
        self.calls <= full.calls && self.rows <= full.rows && self.bytes <= full.bytes
    }
}

#[cfg(test)]
mod tests {
    use eventsource_core::{
        EventId, Metadata, StreamId,
        store::{ExpectedVersion, NewEvent, StreamAppend},
    };
    use serde_json::value::RawValue;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn appends_beyond_the_limit_wait_and_fail() {
        let admission = Admission::new(3, Duration::from_secs(1));
        let first = admission.admit("appending", 2).await.expect("there is room");
        let error = admission.admit("appending", 2).await.expect_err("there is no room");
        assert!(matches!(error, StoreError::Overloaded { limit: 3, .. }), "{error}");
        let second = admission.admit("appending", 1).await.expect("there is room");
        assert_eq!(format!("{admission:?}"), "Admission { admitted: 3, limit: 3 }");
        drop((first, second));
        let list = admission.admit("appending", 100).await.expect("a long list is admitted alone");
        assert!(admission.admit("appending", 1).await.is_err());
        drop(list);
        let drained = admission.drain().await.expect("all have ended");
        assert!(admission.admit("appending", 1).await.is_err());
        drop(drained);
        assert!(admission.admit("appending", 1).await.is_ok());
    }

    #[tokio::test]
    async fn one_append_is_admitted_whatever_the_limit_is() {
        for limit in [0, usize::MAX] {
            let admission = Admission::new(limit, Duration::ZERO);
            assert!(admission.admit("appending", 1).await.is_ok(), "{limit}");
        }
    }

    #[test]
    fn the_size_of_an_append_counts_the_events_of_all_of_its_streams() {
        let event = |payload: &str| NewEvent {
            id: EventId::new(),
            event_type: "page.noted".into(),
            schema_version: 1,
            payload: RawValue::from_string(payload.to_owned()).expect("JSON"),
            metadata: Metadata::default(),
        };
        let part = |id: &str, payloads: &[&str]| StreamAppend {
            stream: StreamId::new("page", id).expect("a valid id"),
            expected: ExpectedVersion::Any,
            events: payloads.iter().map(|payload| event(payload)).collect(),
        };
        let streams = vec![part("a", &["1", "22"]), part("b", &["[333]"])];
        let size = Size::of(&Append { streams, idempotency_key: None, request: None });
        assert_eq!(size, Size { calls: 1, rows: 3, bytes: 8 });
    }

    #[test]
    fn a_size_is_within_another_if_each_part_is() {
        let full = Size { calls: 2, rows: 3, bytes: 4 };
        let one = Size { calls: 1, rows: 1, bytes: 2 };
        assert!(one.and(one).is_within(full));
        for part in [Size { calls: 2, ..one }, Size { rows: 3, ..one }, Size { bytes: 3, ..one }] {
            assert!(part.is_within(full));
            assert!(!part.and(one).is_within(full), "{part:?}");
        }
        assert_eq!(one.and(Size { rows: usize::MAX, ..one }).rows, usize::MAX);
    }
}
