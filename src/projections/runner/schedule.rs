//! When parked keys are retried by themselves.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use crate::Again;

/// The parked keys that are retried by themselves. It is kept in memory: after a start, each parked key is planned again.
#[derive(Default)]
pub(super) struct Schedule {
    due: BTreeSet<(Instant, String)>,
    planned: HashMap<String, Planned>,
}

struct Planned {
    at: Instant,
    delay: Duration,
}

impl Schedule {
    /// Plans the next retry of a key that has failed. The delay doubles with each failure.
    pub(super) fn failed(&mut self, key: &str, again: Option<Again>, now: Instant) {
        let before = self.remove(key);
        let Some(again) = again else { return };
        let delay = again.delay_after(before);
        // A time that is too far away to be expressed never comes.
        if let Some(at) = now.checked_add(delay) {
            self.due.insert((at, key.to_owned()));
            self.planned.insert(key.to_owned(), Planned { at, delay });
        }
    }

    /// The key has no parked events any more. Returns its last delay.
    pub(super) fn remove(&mut self, key: &str) -> Option<Duration> {
        let Planned { at, delay } = self.planned.remove(key)?;
        self.due.remove(&(at, key.to_owned()));
        Some(delay)
    }

    /// Plans a key again that was due, and whose retry was not finished.
    pub(super) fn put_off(&mut self, key: &str, at: Instant) {
        if let Some(planned) = self.planned.get_mut(key) {
            planned.at = at;
            self.due.insert((at, key.to_owned()));
        }
    }

    /// When the next retry is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A key that is due. Its delay is kept for the case that it fails again.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<String> {
        self.next().filter(|at| *at <= now)?;
        self.due.pop_first().map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailurePolicy;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn again(first: u64, longest: u64) -> Again {
        FailurePolicy::default().again(seconds(first), seconds(longest)).again.expect("it is set")
    }

    #[test]
    fn the_delay_of_a_key_doubles_up_to_the_longest_one_until_it_is_unparked() {
        let (mut schedule, again) = (Schedule::default(), again(10, 60));
        let mut now = Instant::now();
        let mut delays = Vec::new();
        for _ in 0..5 {
            schedule.failed("a", Some(again), now);
            let at = schedule.next().expect("planned");
            delays.push((at - now).as_secs());
            assert_eq!(schedule.take_due(at - Duration::from_millis(1)), None);
            assert_eq!(schedule.take_due(at).as_deref(), Some("a"));
            assert_eq!(schedule.next(), None, "it is retried once");
            now = at;
        }
        assert_eq!(delays, [10, 20, 40, 60, 60]);
        schedule.remove("a");
        schedule.failed("a", Some(again), now);
        assert_eq!(schedule.next(), Some(now + seconds(10)));
    }

    #[test]
    fn a_key_whose_last_error_is_final_is_not_retried() {
        let (mut schedule, again) = (Schedule::default(), again(10, 60));
        let now = Instant::now();
        schedule.failed("a", Some(again), now);
        schedule.failed("b", Some(self::again(5, 60)), now);
        schedule.failed("a", None, now);
        schedule.failed("c", Some(self::again(u64::MAX, u64::MAX)), now);
        assert_eq!(schedule.take_due(now + seconds(3_600)).as_deref(), Some("b"));
        assert_eq!(schedule.next(), None);
    }
}
