//! How long the coordinator waits between two ticks.

use std::time::Duration;

/// The interval while a generation is about to be swapped or promoted.
const SOON: Duration = Duration::from_millis(100);

/// The interval of heartbeats: a lost one costs no lease.
pub(super) fn beat(lease: Duration) -> Duration {
    lease / 3
}

/// After a tick, which may have found that the next one is wanted soon.
pub(super) fn after_tick(lease: Duration, is_soon: bool) -> Duration {
    if is_soon { SOON.min(beat(lease)) } else { beat(lease) }
}

/// After a tick that failed: the leases are kept if the store is back soon.
pub(super) fn after_failure(lease: Duration) -> Duration {
    (beat(lease) / 4).max(SOON)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(12);

    #[test]
    fn heartbeats_are_sent_while_the_lease_lasts_also_after_a_failure() {
        assert!(2 * after_tick(LEASE, false) < LEASE);
        assert_eq!(after_tick(LEASE, true), SOON);
        assert_eq!(after_failure(LEASE), Duration::from_secs(1));
        assert!(after_tick(LEASE, false) + 4 * after_failure(LEASE) < LEASE);
    }

    #[test]
    fn a_short_lease_is_kept_and_a_store_that_fails_is_not_asked_all_the_time() {
        let lease = Duration::from_millis(90);
        assert_eq!(after_tick(lease, true), beat(lease));
        assert_eq!(after_failure(lease), SOON);
    }
}
