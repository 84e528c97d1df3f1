//! When stopped partitions continue by themselves.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use super::assignment::{self, Unit};
use crate::{
    Again, Position,
    clock::TimerClock,
    store::{Checkpoint, Generation, StopReason},
};

/// The stopped partitions that this process continues with by itself. Each process decides alone, and the store decides
/// which of them gets the partition.
#[derive(Default)]
pub(super) struct Resumptions {
    planned: HashMap<Unit, Planned>,
    /// What the errors at which this process stopped ask for, by the epoch of the stop.
    by_error: HashMap<(Unit, u64), Option<Again>>,
}

struct Planned {
    /// The epoch and the position of the stop.
    epoch: u64,
    position: Position,
    /// `None` for a time that never comes.
    at: Option<Instant>,
    delay: Duration,
}

impl Resumptions {
    /// A partition stopped in this process.
    pub(super) fn stopped(&mut self, unit: Unit, epoch: u64, again: Option<Again>) {
        self.by_error.insert((unit, epoch), again);
    }

    /// The partitions to continue with now, each with the epoch in which it stopped. `again` is the policy of this
    /// program for a generation, which counts where another process stopped.
    pub(super) fn due(
        &mut self,
        generations: &[Generation],
        again: impl Fn(&Generation) -> Option<Again>,
        now: Instant,
    ) -> Vec<(Unit, u64)> {
        let mut due = Vec::new();
        let mut stopped = HashSet::new();
        for generation in generations.iter().filter(|it| assignment::is_processed(it)) {
            for (partition, checkpoint) in (0..).zip(&generation.checkpoints) {
                let (unit, epoch) = ((generation.id, partition), checkpoint.epoch);
                let Some(position) = failed_at(checkpoint) else { continue };
                stopped.insert((unit, epoch));
                let again = self.by_error.get(&(unit, epoch)).copied().unwrap_or_else(|| again(generation));
                let Some(again) = again else { continue };
                let before = self.planned.get(&unit);
                let at = match before.filter(|it| it.epoch == epoch) {
                    Some(planned) => planned.at,
                    None => {
                        let same = before.filter(|it| it.position == position);
                        let delay = again.delay_after(same.map(|it| it.delay));
                        let at = now.checked_add(delay);
                        self.planned.insert(unit, Planned { epoch, position, at, delay });
                        at
                    }
                };
                if at.is_some_and(|at| at <= now) {
                    due.push((unit, epoch));
                }
            }
        }
        self.by_error.retain(|stop, _| stopped.contains(stop));
        self.planned.retain(|unit, _| generations.iter().any(|it| it.id == unit.0));
        due
    }

    /// When the next partition is due, or a time before which none is. One that is overdue waits for the store.
    pub(super) fn next_before(&self, within: Duration, clock: &TimerClock) -> Instant {
        let now = clock.now();
        let planned = self.planned.values().filter_map(|it| it.at).filter(|at| *at > now);
        clock.comes_at(planned.fold(now + within, Instant::min))
    }
}

/// Where a partition stopped because the projection failed.
fn failed_at(checkpoint: &Checkpoint) -> Option<Position> {
    match checkpoint.stopped.as_ref()?.reason {
        StopReason::Failed { position, .. } | StopReason::Panicked { position, .. } => Some(position),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FailurePolicy, Timestamp,
        store::{EventTypes, GenerationId, GenerationState, ProjectionKind, Stopped},
    };

    const UNIT: Unit = (GenerationId::new(1), 0);

    fn stopped_at(position: u64, epoch: u64) -> Vec<Generation> {
        let reason = StopReason::Failed {
            event: String::new(),
            position: Position::new(position),
            attempts: 1,
            error: String::new(),
        };
        let checkpoint = Checkpoint {
            position: Position::START,
            epoch,
            owner: None,
            owner_application: None,
            owner_lives: false,
            events: 0,
            parked: 0,
            parked_requests: 0,
            last_error: None,
            stopped: Some(Stopped { reason, at: Timestamp::now() }),
            updated_at: Timestamp::now(),
        };
        vec![Generation {
            id: UNIT.0,
            name: "mails".to_owned(),
            version: 1,
            kind: ProjectionKind::Handler,
            state: GenerationState::Live,
            inline: false,
            swap_when_ready: true,
            keep_old: false,
            created_at: Timestamp::now(),
            event_types: EventTypes::default(),
            checkpoints: vec![checkpoint],
        }]
    }

    fn again() -> Again {
        let (first, longest) = (Duration::from_secs(10), Duration::from_secs(30));
        FailurePolicy::default().again(first, longest).again.expect("it is set")
    }

    #[test]
    fn the_delay_of_a_partition_doubles_until_it_has_passed_the_event() {
        let mut resumptions = Resumptions::default();
        let mut now = Instant::now();
        let mut delays = Vec::new();
        for (epoch, position) in [(1, 5), (2, 5), (3, 5), (4, 5), (5, 6)] {
            let generations = stopped_at(position, epoch);
            assert_eq!(resumptions.due(&generations, |_| Some(again()), now), []);
            let at = resumptions.planned[&UNIT].at.expect("it is in time");
            delays.push((at - now).as_secs());
            now = at;
            assert_eq!(resumptions.due(&generations, |_| Some(again()), now), [(UNIT, epoch)]);
        }
        assert_eq!(delays, [10, 20, 30, 30, 10]);
    }

    #[test]
    fn the_error_decides_in_the_process_that_stopped() {
        let (mut resumptions, now) = (Resumptions::default(), Instant::now());
        resumptions.stopped(UNIT, 1, None);
        assert_eq!(resumptions.due(&stopped_at(5, 1), |_| Some(again()), now), []);
        assert!(resumptions.planned.is_empty());
        resumptions.stopped(UNIT, 2, Some(again()));
        assert_eq!(resumptions.due(&stopped_at(5, 2), |_| None, now), []);
        let at = now + again().first;
        let clock = TimerClock::new(None);
        assert_eq!(resumptions.next_before(2 * again().first, &clock), at);
        assert_eq!(resumptions.due(&stopped_at(5, 2), |_| None, at), [(UNIT, 2)]);
    }
}
