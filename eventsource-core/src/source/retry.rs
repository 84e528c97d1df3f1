//! How often a command is decided again after a conflict.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// How often a command is decided before a conflict is returned, and how long it waits in between: from
/// `min_delay`, doubling up to `max_delay`, each with a random share added so that losers do not meet again.
///
/// By default 5 attempts, waiting 2 ms to 200 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often the command is decided in all; 1 returns the first conflict, and 0 is taken as 1.
    pub attempts: usize,
    /// The first wait.
    pub min_delay: Duration,
    /// The longest wait, before the random share.
    pub max_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 5, min_delay: Duration::from_millis(2), max_delay: Duration::from_millis(200) }
    }
}

impl Retry {
    /// The first conflict is returned.
    pub const NEVER: Self = Self { attempts: 1, min_delay: Duration::ZERO, max_delay: Duration::ZERO };

    /// The waits between the attempts.
    pub(crate) fn delays(self) -> impl Iterator<Item = Duration> + Send {
        ExponentialBuilder::default()
            .with_min_delay(self.min_delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.attempts.saturating_sub(1))
            .with_jitter()
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_wait_between_any_two_attempts() {
        assert_eq!(Retry::default().delays().count(), 4);
        assert_eq!(Retry::NEVER.delays().count(), 0);
        assert_eq!(Retry { attempts: 0, ..Retry::default() }.delays().count(), 0);
        let many = Retry { attempts: 100, ..Retry::default() };
        assert!(many.delays().all(|delay| delay >= many.min_delay && delay <= 2 * many.max_delay));
    }
}
