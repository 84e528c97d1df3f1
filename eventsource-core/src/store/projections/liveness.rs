//! Which workers are alive. Clocks are set back and forward, so this is not decided by the time of a heartbeat.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Generation, WorkerId};

/// The last heartbeat of a worker, as a store has kept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// The worker.
    pub worker: WorkerId,
    /// A number that changes with each heartbeat of the worker.
    pub count: u64,
    /// How long the worker is alive after a heartbeat.
    pub lease: Duration,
    /// How long ago the heartbeat was, by the clock of the store; zero if that clock was set back since.
    pub age: Duration,
}

/// Which workers are alive, as seen by this process: those whose count of heartbeats has changed within their lease, by
/// the monotonic clock of this process.
///
/// The clock of the store only says when the count changed between two observations that are far apart, or before the first
/// one: a program that starts does not wait for a worker that died long ago.
#[derive(Debug, Default)]
pub struct Liveness {
    seen: Mutex<HashMap<WorkerId, Seen>>,
}

#[derive(Debug)]
struct Seen {
    count: u64,
    lease: Duration,
    /// When the count changed, as far as is known. `None` before the start of the monotonic clock.
    changed: Option<Instant>,
    /// When it was observed last.
    observed: Instant,
}

impl Seen {
    fn is_older_than(&self, age: Duration, now: Instant) -> bool {
        self.changed.is_none_or(|changed| now.saturating_duration_since(changed) > age)
    }

    fn lives(&self, now: Instant) -> bool {
        !self.is_older_than(self.lease, now)
    }
}

impl Liveness {
    /// Records heartbeats that were read from the store, of some of its workers.
    pub fn observe(&self, heartbeats: &[Heartbeat]) {
        self.observe_at(heartbeats, Instant::now());
    }

    /// Records the heartbeats of all workers of the store, and forgets every other worker.
    pub fn observe_all(&self, heartbeats: &[Heartbeat]) {
        self.observe(heartbeats);
        let workers: HashSet<_> = heartbeats.iter().map(|heartbeat| heartbeat.worker).collect();
        self.seen().retain(|worker, _| workers.contains(worker));
    }

    /// Records the heartbeats of the workers that own partitions of these generations, and sets whether each of the
    /// owners is alive.
    pub fn judge(&self, generations: &mut [Generation], heartbeats: &[Heartbeat]) {
        self.observe(heartbeats);
        for checkpoint in generations.iter_mut().flat_map(|generation| &mut generation.checkpoints) {
            checkpoint.owner_lives = checkpoint.owner.is_some_and(|owner| self.lives(owner));
        }
    }

    fn observe_at(&self, heartbeats: &[Heartbeat], now: Instant) {
        let mut seen = self.seen();
        for &Heartbeat { worker, count, lease, age } in heartbeats {
            let by_clock = now.checked_sub(age);
            let changed = match seen.get(&worker) {
                None => by_clock,
                Some(known) if known.count == count => known.changed,
                // At some time since the last observation, which may be long ago.
                Some(known) => by_clock.max(Some(known.observed)),
            };
            seen.insert(worker, Seen { count, lease, changed, observed: now });
        }
    }

    /// Whether the worker is alive. A worker that was not observed is not.
    #[must_use]
    pub fn lives(&self, worker: WorkerId) -> bool {
        self.seen().get(&worker).is_some_and(|seen| seen.lives(Instant::now()))
    }

    /// The observed workers that are dead, each with the count of its last heartbeat: if the count has changed since, the
    /// worker is alive.
    #[must_use]
    pub fn dead(&self) -> Vec<(WorkerId, u64)> {
        self.dead_for(Duration::ZERO)
    }

    /// As [`dead`](Self::dead), but only those that have been dead for this long.
    #[must_use]
    pub fn dead_for(&self, time: Duration) -> Vec<(WorkerId, u64)> {
        let now = Instant::now();
        let is_dead = |seen: &Seen| seen.is_older_than(seen.lease.saturating_add(time), now);
        let seen = self.seen();
        seen.iter().filter(|(_, seen)| is_dead(seen)).map(|(worker, seen)| (*worker, seen.count)).collect()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<WorkerId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn heartbeat(worker: WorkerId, count: u64, age: Duration) -> Heartbeat {
        Heartbeat { worker, count, lease: LEASE, age }
    }

    /// What was observed this long ago.
    fn ago(liveness: &Liveness, time: Duration, heartbeats: &[Heartbeat]) {
        let then = Instant::now().checked_sub(time).expect("the machine has run for longer");
        liveness.observe_at(heartbeats, then);
    }

    #[test]
    fn a_worker_whose_count_does_not_change_is_dead_after_its_lease_whatever_the_clock_says() {
        let (worker, liveness) = (WorkerId::new(), Liveness::default());
        ago(&liveness, LEASE + LEASE, &[heartbeat(worker, 7, Duration::ZERO)]);
        liveness.observe(&[heartbeat(worker, 7, Duration::ZERO)]);
        assert!(!liveness.lives(worker));
        assert_eq!(liveness.dead(), [(worker, 7)]);
    }

    #[test]
    fn a_worker_whose_count_changes_is_alive_whatever_the_clock_says() {
        let (worker, liveness) = (WorkerId::new(), Liveness::default());
        ago(&liveness, LEASE / 2, &[heartbeat(worker, 7, Duration::ZERO)]);
        // A worker that was forgotten by the store begins to count from one.
        for count in [8, 1] {
            liveness.observe(&[heartbeat(worker, count, HOUR)]);
            assert!(liveness.lives(worker));
            assert_eq!(liveness.dead(), []);
        }
    }

    #[test]
    fn a_worker_that_died_between_two_observations_is_dead() {
        let (dead, alive, liveness) = (WorkerId::new(), WorkerId::new(), Liveness::default());
        ago(&liveness, LEASE * 5, &[heartbeat(dead, 7, Duration::ZERO), heartbeat(alive, 7, Duration::ZERO)]);
        liveness.observe(&[heartbeat(dead, 9, LEASE * 3), heartbeat(alive, 9, LEASE / 2)]);
        assert_eq!((liveness.lives(dead), liveness.lives(alive)), (false, true));
    }

    #[test]
    fn the_first_observation_relies_on_the_age_of_the_heartbeat() {
        let (recent, old, oldest) = (WorkerId::new(), WorkerId::new(), WorkerId::new());
        let liveness = Liveness::default();
        liveness.observe(&[
            heartbeat(recent, 1, LEASE / 2),
            heartbeat(old, 2, LEASE * 2),
            heartbeat(oldest, 3, Duration::MAX),
        ]);
        assert!(liveness.lives(recent));
        assert!(!liveness.lives(old));
        assert_eq!(liveness.dead_for(LEASE * 3), [(oldest, 3)]);
    }

    #[test]
    fn workers_that_the_store_has_deleted_are_forgotten() {
        let (gone, stays, liveness) = (WorkerId::new(), WorkerId::new(), Liveness::default());
        liveness.observe(&[heartbeat(gone, 1, Duration::ZERO)]);
        liveness.observe_all(&[heartbeat(stays, 1, Duration::ZERO)]);
        assert!(!liveness.lives(gone));
        assert!(liveness.lives(stays));
        assert_eq!(liveness.seen().len(), 1);
    }
}
