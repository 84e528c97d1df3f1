//! For how long a command is decided again after a conflict.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// For how long a command is decided again before a conflict is returned, and how long it waits in between: the
/// second time not at all, then from `min_delay`, doubling up to `max_delay`, each with a random share added so
/// that losers do not meet again.
///
/// By default for 10 seconds, waiting 1 ms to 50 ms. Commands on the same aggregate in one process do not conflict
/// with each other; those of other processes, and direct appends, are what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// For how long, from the first conflict on; zero returns the first conflict.
    pub within: Duration,
    /// The first wait.
    pub min_delay: Duration,
    /// The longest wait, before the random share.
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
    /// The first conflict is returned.
    pub const NEVER: Self =
        Self { within: Duration::ZERO, min_delay: Duration::ZERO, max_delay: Duration::ZERO };

    /// The default waits, for as long as this.
    #[must_use]
    pub fn within(within: Duration) -> Self {
        Self { within, ..Self::default() }
    }

    /// The waits between the attempts of one call.
    pub(crate) fn delays(self) -> Delays {
        Delays { retry: self, begun: None }
    }
}

/// How long to wait before each attempt but the first, for as long as there may be another.
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
    fn the_second_attempt_comes_at_once_and_the_others_after_a_wait() {
        let patient = Retry::within(Duration::from_secs(1_000));
        let mut delays = patient.delays();
        assert_eq!(delays.next(), Some(Duration::ZERO));
        let waits: Vec<_> = delays.take(100).collect();
        assert_eq!(waits.len(), 100);
        assert!(waits.iter().all(|wait| *wait >= patient.min_delay && *wait <= 2 * patient.max_delay));
    }

    #[test]
    fn there_is_no_other_attempt_when_the_time_is_up() {
        assert_eq!(Retry::NEVER.delays().next(), None);
        let mut short = Retry::within(Duration::from_nanos(1)).delays();
        assert_eq!(short.next(), Some(Duration::ZERO));
        while short.next().is_some() {}
    }
}
