//! The time limit of a call.
//!
//! A statement that is cut by it is handled like one whose connection was lost: its connection is closed, because the rest
//! of an answer may still arrive on it, and whether the statement was executed is unknown.

use std::{io, time::Duration};

use eventsource_core::store::StoreError;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

pub(super) const CONNECTION: &str = "a free connection";
pub(super) const LOCK: &str = "a lock that another transaction holds";
pub(super) const ANSWER: &str = "the server's answer";

/// The end of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

/// A call reached its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no end within the call timeout of {limit:?}, while waiting for {waiting_for}")]
pub(crate) struct TimedOut {
    limit: Duration,
    waiting_for: &'static str,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit without end.
        let at = now.checked_add(limit).unwrap_or(now + Duration::from_secs(60 * 60 * 24 * 365));
        Self { at, limit }
    }

    pub(crate) fn has_passed(self) -> bool {
        Instant::now() >= self.at
    }

    pub(crate) async fn wait<T>(
        self,
        waiting_for: &'static str,
        step: impl Future<Output = T>,
    ) -> Result<T, TimedOut> {
        let timed_out = TimedOut { limit: self.limit, waiting_for };
        timeout_at(self.at, step).await.map_err(|_| timed_out)
    }

    /// Waits for an outcome that another task determines.
    pub(crate) async fn outcome<T>(self, outcome: impl Future<Output = T>) -> Result<T, TimedOut> {
        if Handle::try_current().is_err() {
            // There is no timer without a runtime, and the task has answered that it cannot run.
            return Ok(outcome.await);
        }
        self.wait(ANSWER, outcome).await
    }

    /// Runs a statement; at the deadline it fails like one whose connection was lost.
    pub(crate) async fn statement<T>(
        self,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match self.wait(ANSWER, statement).await {
            Ok(result) => result,
            Err(timed_out) => Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, timed_out))),
        }
    }

    /// The error of a call whose lock was not free in time; `None` if a shorter lock timeout of the application ended it.
    pub(crate) fn lock_timeout(self, action: &'static str) -> Option<StoreError> {
        let left = self.at.saturating_duration_since(Instant::now());
        (left < self.limit / 2).then(|| TimedOut { limit: self.limit, waiting_for: LOCK }.of(action))
    }
}

impl TimedOut {
    /// The deadline that a statement has reached.
    pub(crate) fn found_in(error: &sqlx::Error) -> Option<Self> {
        let sqlx::Error::Io(error) = error else { return None };
        error.get_ref()?.downcast_ref().copied()
    }

    pub(crate) fn of(self, action: &'static str) -> StoreError {
        StoreError::TimedOut { action, limit: self.limit, waiting_for: self.waiting_for }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_timeout_long_before_the_deadline_is_one_of_the_application() {
        let limit = Duration::from_secs(60);
        assert!(Deadline::after(limit).lock_timeout("appending").is_none());
        let now = Instant::now();
        let near = Deadline { at: now + limit / 4, limit };
        assert!(near.lock_timeout("appending").is_some());
        let passed = Deadline { at: now, limit };
        assert!(passed.has_passed() && passed.lock_timeout("appending").is_some());
        assert!(!near.has_passed());
    }
}
