//! The policy for a projection or event handler that fails on an event.

use std::time::Duration;

/// How often a failing event is retried, with which delays, and what happens after the last attempt.
///
/// By default 5 attempts with delays of 50 ms to 5 s, after which the projection stops. Failures of the store,
/// such as an outage of the server, are retried until it is back and do not count as attempts.
///
/// ```
/// use eventsource::{FailurePolicy, OnFailure};
/// let policy = FailurePolicy::default().then(OnFailure::Park);
/// assert_eq!(policy.attempts, 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailurePolicy {
    /// The total number of attempts on an event; 0 counts as 1.
    pub attempts: usize,
    /// The first delay.
    pub min_delay: Duration,
    /// The longest delay, before jitter.
    pub max_delay: Duration,
    /// What happens after the last attempt has failed.
    pub then: OnFailure,
    /// When it is tried again after that, without a request; `None` if never.
    pub again: Option<Again>,
}

/// The time after which a parked key is retried, or a stopped partition continues. It doubles each time that the same
/// event fails again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Again {
    /// The first time.
    pub first: Duration,
    /// The longest time.
    pub longest: Duration,
}

impl Again {
    /// The time that follows this one.
    #[doc(hidden)]
    #[must_use]
    pub fn delay_after(self, before: Option<Duration>) -> Duration {
        before.map_or(self.first, |before| before.saturating_mul(2)).min(self.longest)
    }
}

/// What happens when all attempts on an event have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// The projection stops before the event, and stores the reason. It is resumed by `resume`, or when a program
    /// that has it starts.
    #[default]
    Stop,
    /// The event is parked, and later events of its key are parked behind it, in order. Events of other keys are still
    /// processed. After a projection has parked an event, other failing events of the same partition are parked after
    /// one attempt, for the length of [`max_delay`](FailurePolicy::max_delay) and at least a second: otherwise the
    /// delays of many failing keys would add up. An event handler makes all attempts on each event. An event that
    /// cannot be decoded stops the projection anyway, because its key is unknown. A projection registered as inline is
    /// promoted only when none of its events is parked; once it is inline, its failure fails the command.
    Park,
}

impl Default for FailurePolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            min_delay: Duration::from_millis(50),
            max_delay: Duration::from_secs(5),
            then: OnFailure::Stop,
            again: None,
        }
    }
}

impl FailurePolicy {
    /// Sets the total number of [attempts](field@Self::attempts) on an event.
    #[must_use]
    pub fn attempts(self, attempts: usize) -> Self {
        Self { attempts, ..self }
    }

    /// Sets the [first delay](field@Self::min_delay).
    #[must_use]
    pub fn min_delay(self, min_delay: Duration) -> Self {
        Self { min_delay, ..self }
    }

    /// Sets the [longest delay](field@Self::max_delay).
    #[must_use]
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// Sets what happens [after the last attempt](field@Self::then).
    #[must_use]
    pub fn then(self, then: OnFailure) -> Self {
        Self { then, ..self }
    }

    /// Sets that it is [tried again](field@Self::again) after this time, which doubles with each failure up to the longest
    /// one. What is parked is then retried without a request, and what has stopped continues without a `resume`.
    ///
    /// The times are kept in memory. When a worker begins to process a partition, each of its parked keys is retried after
    /// the first time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use eventsource::{FailurePolicy, OnFailure};
    ///
    /// // A service that may be down for hours: other keys go on.
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let policy = FailurePolicy::default().then(OnFailure::Park).again(minute, 6 * hour);
    /// assert_eq!(policy.again.map(|again| again.longest), Some(6 * hour));
    /// ```
    #[must_use]
    pub fn again(self, first: Duration, longest: Duration) -> Self {
        Self { again: Some(Again { first, longest }), ..self }
    }
}
