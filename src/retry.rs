//! How long, and with which delays, a command is retried after a conflict.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How long a command is retried before a conflict is returned, and the delays in between. The second attempt
/// comes immediately; then the delay starts at `min_delay` and doubles up to `max_delay`, each time with random
/// jitter, so that commands that conflicted do not conflict again.
///
/// By default for 10 seconds, with delays of 1 ms to 50 ms. Commands on the same aggregate in one process do not
/// conflict with each other; conflicts come from other processes and from direct appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// How long to retry, from the first conflict on; zero returns the first conflict.
    pub within: Duration,
    /// The first delay.
    pub min_delay: Duration,
    /// The longest delay, before jitter.
    pub max_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(10),
            min_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(50),
        }
    }
}

impl Retry {
    /// Returns the first conflict.
    pub const NEVER: Self =
        Self { within: Duration::ZERO, min_delay: Duration::ZERO, max_delay: Duration::ZERO };

    /// Retries for this time, with the default delays.
    #[must_use]
    pub fn within(within: Duration) -> Self {
        Self { within, ..Self::default() }
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

    /// The delays between the attempts of one call.
    pub(crate) fn delays(self) -> Delays {
        Delays { retry: self, begun: None }
    }
}

/// The delay before each attempt but the first; ends when no attempt is left.
pub(crate) struct Delays {
    retry: Retry,
    begun: Option<(Instant, ExponentialBackoff)>,
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let Retry { within, min_delay, max_delay } = self.retry;
        let Some((since, backoff)) = &mut self.begun else {
            let backoff = ExponentialBuilder::default()
                .with_min_delay(min_delay)
                .with_max_delay(max_delay)
                .without_max_times()
                .with_jitter()
                .build();
            self.begun = Some((Instant::now(), backoff));
            return (!within.is_zero()).then_some(Duration::ZERO);
        };
        if since.elapsed() >= within { None } else { backoff.next() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_attempt_comes_immediately_and_the_others_after_a_delay() {
        let patient = Retry::within(Duration::from_secs(1_000));
        let mut delays = patient.delays();
        assert_eq!(delays.next(), Some(Duration::ZERO));
        let waits: Vec<_> = delays.take(100).collect();
        assert_eq!(waits.len(), 100);
        assert!(waits.iter().all(|wait| *wait >= patient.min_delay && *wait <= 2 * patient.max_delay));
    }

    #[test]
    fn only_the_retry_time_is_set_by_itself() {
        let within = Duration::from_secs(3);
        assert_eq!(Retry::within(within), Retry { within, ..Retry::default() });
        assert_ne!(Retry::within(within), Retry::default());
    }

    #[test]
    fn there_is_no_attempt_after_the_retry_time() {
        assert_eq!(Retry::NEVER.delays().next(), None);
        let mut short = Retry::within(Duration::from_nanos(1)).delays();
        assert_eq!(short.next(), Some(Duration::ZERO));
        while short.next().is_some() {}
    }
}
