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
