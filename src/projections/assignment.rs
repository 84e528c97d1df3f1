//! Partition assignment: each process decides alone, from the workers and leases in the store.

use std::collections::{HashMap, HashSet};

use crate::store::{
    Generation, GenerationId, GenerationState, StopReason, SupportedProjection, Worker, WorkerId,
};

/// One partition of one generation.
pub(super) type Unit = (GenerationId, u32);

/// The changes that a process makes to the partitions it holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The partitions to claim.
    pub(super) claim: Vec<Unit>,
    /// The stopped partitions to claim, with the epoch in which each stopped.
    pub(super) claim_stopped: Vec<(Unit, u64)>,
    /// The partition to release, one at a time.
    pub(super) release: Option<Unit>,
}

/// Spreads partitions evenly over the workers that can process them: the worker that holds the fewest claims an
/// orphan, and a worker that holds two more than another releases one. The workers need no agreement: the store
/// decides who gets a claim, and an uneven result is corrected at the next heartbeat.
///
/// `long_orphaned` returns whether a unit has been an orphan for some time; then any worker claims it. `fitness`
/// returns how far this program can process a generation, and `can_pass` whether it can continue where a partition
/// stopped.
pub(super) fn assign(
    me: WorkerId,
    workers: &[Worker],
    generations: &[Generation],
    mine: &HashSet<Unit>,
    long_orphaned: impl Fn(&Unit) -> bool,
    fitness: impl Fn(&Generation) -> Fitness,
    can_pass: impl Fn(&Generation, &StopReason) -> bool,
) -> Assignment {
    let mut held: HashMap<WorkerId, usize> = workers.iter().map(|worker| (worker.id, 0)).collect();
    held.insert(me, mine.len());
    let processed = generations.iter().filter(|it| is_processed(it));
    for checkpoint in processed.flat_map(|it| &it.checkpoints) {
        if let Some(owner) = checkpoint.owner.filter(|owner| *owner != me && checkpoint.owner_lives) {
            *held.entry(owner).or_default() += 1;
        }
    }
    let mut assignment = Assignment::default();
    for (unit, checkpoint) in units(generations) {
        let generation = generations.iter().find(|generation| generation.id == unit.0);
        let Some(generation) = generation.filter(|it| is_processed(it)) else { continue };
        let able = |worker: &&Worker| worker.supports.iter().any(|supported| supports(supported, generation));
        let fitness = fitness(generation);
        let fewest = |than: usize| {
            let others = workers.iter().filter(able).filter(|worker| worker.id != me);
            others.map(|worker| held[&worker.id]).all(|count| count >= than)
        };
        let orphan = checkpoint.owner.is_none_or(|owner| owner == me || !checkpoint.owner_lives);
        if mine.contains(&unit) {
            let too_many = held[&me] >= 2 && !fewest(held[&me] - 1);
            if too_many && assignment.release.is_none() {
                assignment.release = Some(unit);
            }
        } else if let Some(stopped) = &checkpoint.stopped {
            // The worker that stopped there is not able to continue, whether it is alive or not.
            if fitness == Fitness::Fit && can_pass(generation, &stopped.reason) {
                assignment.claim_stopped.push((unit, checkpoint.epoch));
                *held.entry(me).or_default() += 1;
            }
        } else if orphan
            && match fitness {
                Fitness::Fit => fewest(held[&me]) || long_orphaned(&unit) || checkpoint.owner == Some(me),
                Fitness::Outdated => long_orphaned(&unit) || checkpoint.owner == Some(me),
                Fitness::Unfit => false,
            }
        {
            assignment.claim.push(unit);
            *held.entry(me).or_default() += 1;
        }
    }
    assignment
}

/// How far a program can process a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fitness {
    /// It can process it.
    Fit,
    /// It has met an event that it does not know: newer programs process the generation as long as there are any.
    Outdated,
    /// It has no code for it, or reads other event types than the generation needs.
    Unfit,
}

/// Whether a worker with this code can process the generation.
pub(super) fn supports(supported: &SupportedProjection, generation: &Generation) -> bool {
    supported.name == generation.name && supported.version == generation.version
}

/// Whether workers process the generation. An inline generation has no worker.
pub(super) fn is_processed(generation: &Generation) -> bool {
    generation.state != GenerationState::Retired && !generation.inline
}

fn units(generations: &[Generation]) -> impl Iterator<Item = (Unit, &crate::store::Checkpoint)> {
    generations.iter().flat_map(|generation| {
        (0..)
            .zip(&generation.checkpoints)
            .map(|(partition, checkpoint)| ((generation.id, partition), checkpoint))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Position, Timestamp,
        store::{Checkpoint, EventTypes, ProjectionKind, Stopped},
    };

    fn worker(supported: &[&str]) -> Worker {
        let support = |name: &&str| SupportedProjection {
            name: (*name).to_owned(),
            version: 1,
            kind: ProjectionKind::Following,
        };
        Worker {
            id: WorkerId::new(),
            application: String::new(),
            supports: supported.iter().map(support).collect(),
        }
    }

    fn generation(id: u64, name: &str, owners: &[Option<WorkerId>]) -> Generation {
        let checkpoint = |owner: &Option<WorkerId>| Checkpoint {
            position: Position::START,
            epoch: 1,
            owner: *owner,
            owner_application: None,
            owner_lives: owner.is_some(),
            events: 0,
            parked: 0,
            parked_requests: 0,
            last_error: None,
            stopped: None,
            updated_at: Timestamp::now(),
        };
        Generation {
            id: GenerationId::new(id),
            name: name.to_owned(),
            version: 1,
            kind: ProjectionKind::Following,
            state: GenerationState::Live,
            inline: false,
            swap_when_ready: true,
            keep_old: false,
            created_at: Timestamp::now(),
            event_types: EventTypes::default(),
            checkpoints: owners.iter().map(checkpoint).collect(),
        }
    }

    /// Lets the workers act one after the other, until none has anything left to do.
    fn rebalance(workers: &[Worker], generations: &mut [Generation]) {
        for _ in 0..100 {
            let mut quiet = true;
            for worker in workers {
                let mine: HashSet<Unit> = units(generations)
                    .filter(|(_, checkpoint)| checkpoint.owner == Some(worker.id))
                    .map(|(unit, _)| unit)
                    .collect();
                let fitness =
                    |generation: &Generation| match worker.supports.iter().any(|it| supports(it, generation))
                    {
                        true => Fitness::Fit,
                        false => Fitness::Unfit,
                    };
                let assignment =
                    assign(worker.id, workers, generations, &mine, |_| false, fitness, |_, _| false);
                quiet &= assignment == Assignment::default();
                for (unit, owner) in assignment
                    .claim
                    .into_iter()
                    .map(|unit| (unit, Some(worker.id)))
                    .chain(assignment.release.map(|unit| (unit, None)))
                {
                    let generation = generations.iter_mut().find(|it| it.id == unit.0).expect("known");
                    let checkpoint = &mut generation.checkpoints[unit.1 as usize];
                    checkpoint.owner = owner;
                    checkpoint.owner_lives = owner.is_some();
                }
            }
            if quiet {
                return;
            }
        }
        panic!("the workers never agree");
    }

    fn counts(workers: &[Worker], generations: &[Generation]) -> Vec<usize> {
        let held = |worker: &Worker| units(generations).filter(|(_, it)| it.owner == Some(worker.id)).count();
        workers.iter().map(held).collect()
    }

    #[test]
    fn partitions_are_spread_evenly_as_workers_come_and_go() {
        let mut workers = vec![worker(&["a", "b"])];
        let mut generations = vec![generation(1, "a", &[None; 8]), generation(2, "b", &[None])];
        rebalance(&workers, &mut generations);
        assert_eq!(counts(&workers, &generations), [9]);

        workers.push(worker(&["a", "b"]));
        workers.push(worker(&["a", "b"]));
        rebalance(&workers, &mut generations);
        assert_eq!(counts(&workers, &generations), [3, 3, 3]);

        let removed = workers.remove(0);
        for checkpoint in generations.iter_mut().flat_map(|it| &mut it.checkpoints) {
            checkpoint.owner_lives &= checkpoint.owner != Some(removed.id);
        }
        rebalance(&workers, &mut generations);
        let mut left = counts(&workers, &generations);
        left.sort_unstable();
        assert_eq!(left, [4, 5]);
    }

    #[test]
    fn a_worker_without_the_code_gets_no_partition() {
        let workers = [worker(&["a"]), worker(&["a", "b"])];
        let mut generations = vec![generation(1, "b", &[None; 4]), generation(2, "a", &[None; 2])];
        rebalance(&workers, &mut generations);
        assert_eq!(counts(&workers, &generations), [2, 4]);
    }

    #[test]
    fn an_inline_projection_does_not_count_as_held_by_the_worker_that_promoted_it() {
        let workers = [worker(&["a", "b"]), worker(&["a", "b"])];
        let [first, second] = [workers[0].id, workers[1].id].map(Some);
        let owners = [first, second, second, second];
        let mut generations = vec![generation(1, "a", &owners), generation(2, "b", &[first])];
        generations[1].inline = true;
        rebalance(&workers, &mut generations);
        assert_eq!(counts(&workers, &generations[..1]), [2, 2]);
    }

    #[test]
    fn a_partition_that_stopped_is_claimed_by_a_worker_that_can_continue_whoever_owns_it() {
        let workers = [worker(&["a"]), worker(&["a"])];
        let [old, new] = [workers[0].id, workers[1].id];
        let mut generations = vec![generation(1, "a", &[Some(old), Some(old)])];
        let reason = StopReason::Undecodable { position: Position::new(1), error: String::new() };
        generations[0].checkpoints[1].stopped = Some(Stopped { reason, at: Timestamp::now() });
        let mine = HashSet::new();
        let assigned = |me, fitness: Fitness, can_pass: bool| {
            assign(me, &workers, &generations, &mine, |_| true, move |_| fitness, move |_, _| can_pass)
        };
        assert_eq!(assigned(new, Fitness::Fit, true).claim_stopped, [((GenerationId::new(1), 1), 1)]);
        for assigned in [
            assigned(new, Fitness::Fit, false),
            assigned(old, Fitness::Outdated, true),
            assigned(old, Fitness::Unfit, true),
        ] {
            assert_eq!(assigned.claim_stopped, []);
            assert!(!assigned.claim.contains(&(GenerationId::new(1), 1)), "{assigned:?}");
        }
    }

    #[test]
    fn a_stopped_partition_counts_as_held_by_the_worker_that_claims_it() {
        let workers = [worker(&["a"]), worker(&["a"])];
        let mut generations = vec![generation(1, "a", &[None, None])];
        let reason = StopReason::Undecodable { position: Position::new(1), error: String::new() };
        generations[0].checkpoints[0].stopped = Some(Stopped { reason, at: Timestamp::now() });
        let mine = HashSet::new();
        let fit = |_: &Generation| Fitness::Fit;
        let assigned = assign(workers[0].id, &workers, &generations, &mine, |_| false, fit, |_, _| true);
        assert_eq!(assigned.claim_stopped, [((GenerationId::new(1), 0), 1)]);
        assert_eq!(assigned.claim, [], "the other worker holds fewer");
    }

    #[test]
    fn an_outdated_worker_claims_only_what_no_other_worker_has_claimed() {
        let workers = [worker(&[]), worker(&["a"])];
        let me = workers[0].id;
        let generations = vec![generation(1, "a", &[None])];
        let mine = HashSet::new();
        let claimed = |long: bool, fitness: Fitness| {
            assign(me, &workers, &generations, &mine, move |_| long, move |_| fitness, |_, _| false).claim
        };
        assert_eq!(claimed(false, Fitness::Outdated), []);
        assert_eq!(claimed(true, Fitness::Outdated), [(GenerationId::new(1), 0)]);
        assert_eq!(claimed(true, Fitness::Unfit), []);
        assert_eq!(claimed(false, Fitness::Fit), [(GenerationId::new(1), 0)]);
    }

    #[test]
    fn retired_and_inline_generations_are_not_processed() {
        let workers = [worker(&["a", "b"])];
        let mut generations = vec![generation(1, "a", &[None]), generation(2, "b", &[None])];
        generations[0].state = GenerationState::Retired;
        generations[1].inline = true;
        rebalance(&workers, &mut generations);
        assert_eq!(counts(&workers, &generations), [0]);
    }
}
