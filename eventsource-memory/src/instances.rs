//! The process instances of a generation.

use std::collections::BTreeMap;

use eventsource_core::{
    Timestamp,
    store::{
        Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState,
        rules::instances::{self as rules, Stepped},
    },
};

#[derive(Debug, Default)]
pub(super) struct Instances {
    by_key: BTreeMap<String, Instance>,
}

impl Instances {
    pub(super) fn state(&self, key: &str) -> Option<InstanceState> {
        self.by_key.get(key).map(|instance| instance.state)
    }

    pub(super) fn change(&mut self, partition: u32, change: &InstanceChange) {
        let now = Timestamp::now();
        match self.by_key.get_mut(&change.key) {
            Some(instance) => {
                instance.ignored += change.ignored;
                if let Stepped::To(state) = rules::step(Some(instance.state), change) {
                    instance.state = state;
                    instance.changed_at = now;
                }
            }
            None => {
                if let Stepped::To(state) = rules::step(None, change) {
                    let (key, ignored) = (change.key.clone(), change.ignored);
                    let (started_at, changed_at) = (now, now);
                    let new =
                        Instance { key, partition, state, started_at, changed_at, ignored, reason: None };
                    self.by_key.insert(change.key.clone(), new);
                }
            }
        }
    }

    /// Returns whether the request applies.
    pub(super) fn request(&mut self, key: &str, request: &InstanceRequest) -> bool {
        let Some(instance) = self.by_key.get_mut(key) else { return false };
        let Some((state, reason)) = rules::request(instance.state, request) else { return false };
        (instance.state, instance.reason) = (state, reason.map(str::to_owned));
        instance.changed_at = Timestamp::now();
        true
    }

    pub(super) fn suspended(&self, partition: u32) -> Vec<String> {
        let of_partition = self.by_key.values().filter(|it| it.partition == partition);
        of_partition.filter(|it| it.state == InstanceState::Suspended).map(|it| it.key.clone()).collect()
    }

    pub(super) fn list(&self, query: &InstanceQuery) -> Vec<Instance> {
        let mut found: Vec<_> =
            self.by_key.values().filter(|it| rules::selects(query, it)).cloned().collect();
        found.sort_by_key(Instance::cursor);
        found.truncate(query.limit);
        found
    }
}
