//! Partitions without an owner.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{projections::assignment::Unit, store::Generation};

/// Since when each partition has been seen without an owner.
#[derive(Default)]
pub(super) struct Orphans(HashMap<Unit, Instant>);

impl Orphans {
    pub(super) fn note(&mut self, generations: &[Generation]) {
        let now = Instant::now();
        let mut seen = HashSet::new();
        for generation in generations {
            for (partition, checkpoint) in (0..).zip(&generation.checkpoints) {
                if checkpoint.owner.is_none() || !checkpoint.owner_lives {
                    seen.insert((generation.id, partition));
                    self.0.entry((generation.id, partition)).or_insert(now);
                }
            }
        }
        self.0.retain(|unit, _| seen.contains(unit));
    }

    pub(super) fn for_longer_than(&self, time: Duration, unit: &Unit) -> bool {
        self.0.get(unit).is_some_and(|since| since.elapsed() > time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{projections::sample::generation, store::WorkerId};

    #[test]
    fn an_orphan_is_a_partition_without_an_owner_that_is_alive() {
        let mut orphans = Orphans::default();
        let mut generations = [generation(1, &[0, 0, 0])];
        let owner = Some(WorkerId::new());
        for (checkpoint, lives) in generations[0].checkpoints[1..].iter_mut().zip([false, true]) {
            (checkpoint.owner, checkpoint.owner_lives) = (owner, lives);
        }
        let partitions = |orphans: &Orphans| {
            let mut partitions: Vec<_> = orphans.0.keys().map(|(_, partition)| *partition).collect();
            partitions.sort_unstable();
            partitions
        };
        orphans.note(&generations);
        assert_eq!(partitions(&orphans), [0, 1]);
        let since = orphans.0.clone();
        orphans.note(&generations);
        assert_eq!(orphans.0, since, "since they were seen first");
        (generations[0].checkpoints[0].owner, generations[0].checkpoints[0].owner_lives) = (owner, true);
        orphans.note(&generations);
        assert_eq!(partitions(&orphans), [1]);
    }
}
