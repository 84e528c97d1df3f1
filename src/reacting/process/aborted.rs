//! Which instances a worker knows to be aborted. There may be millions in the store, so it learns of one when it meets it.

use std::collections::{HashMap, HashSet};

use crate::{
    ProjectionError,
    projections::consumer::{Contended, Held},
    store::{InstanceChange, InstanceState},
};

/// The maximum number of instances that are remembered.
const MOST: usize = 10_000;

/// Instances that were found to be aborted by an operator. The store confirms it with each input that they ignore.
#[derive(Default)]
pub(super) struct Aborted(HashSet<String>);

impl Aborted {
    pub(super) fn contains(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    /// Returns whether it was not known.
    pub(super) fn learn(&mut self, key: &str) -> bool {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(key.to_owned())
    }

    /// Checks that steps were decided with regard to what an operator has done with their instances, which the store says
    /// in their transaction. If an instance is aborted that was not known to be, or the other way round, they are decided
    /// again.
    pub(super) fn check(
        &mut self,
        changes: &[InstanceChange],
        held: Vec<(String, InstanceState)>,
    ) -> Result<(), ProjectionError> {
        let held: HashMap<String, InstanceState> = held.into_iter().collect();
        let mut decide_again = false;
        for InstanceChange { key, stepped, .. } in changes {
            match held.get(key) {
                Some(InstanceState::Aborted) if *stepped => {
                    decide_again = true;
                    self.learn(key);
                }
                Some(InstanceState::Aborted) => {}
                Some(_) if *stepped => return Err(Held.into()),
                _ => decide_again |= self.0.remove(key),
            }
        }
        if decide_again { Err(Contended.into()) } else { Ok(()) }
    }
}
