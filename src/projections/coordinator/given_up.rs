//! Partitions that this program cannot continue with for now, and leaves to others.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::projections::assignment::Unit;

/// How long another program has the time to claim a partition, at first and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);

/// Until when this program does not claim a partition that it has given up.
#[derive(Default)]
pub(super) struct GivenUp(HashMap<Unit, (Instant, Duration)>);

impl GivenUp {
    pub(super) fn add(&mut self, unit: Unit, now: Instant) {
        let delay = self.0.get(&unit).map_or(FIRST, |(_, before)| (*before * 2).min(LONGEST));
        self.0.insert(unit, (now + delay, delay));
    }

    /// It could be continued with.
    pub(super) fn remove(&mut self, unit: &Unit) {
        self.0.remove(unit);
    }

    pub(super) fn contains(&self, unit: &Unit, now: Instant) -> bool {
        self.0.get(unit).is_some_and(|(until, _)| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::GenerationId;

    #[test]
    fn each_time_it_is_longer_up_to_the_longest_until_it_could_be_continued_with() {
        let (mut given_up, unit) = (GivenUp::default(), (GenerationId::new(1), 0));
        let mut now = Instant::now();
        for seconds in [1, 2, 4, 8, 10, 10] {
            given_up.add(unit, now);
            let until = now + Duration::from_secs(seconds);
            assert!(given_up.contains(&unit, until - Duration::from_millis(1)), "{seconds} s");
            assert!(!given_up.contains(&unit, until), "{seconds} s");
            assert!(!given_up.contains(&(GenerationId::new(1), 1), now));
            now = until;
        }
        given_up.remove(&unit);
        given_up.add(unit, now);
        assert!(!given_up.contains(&unit, now + FIRST));
    }
}
