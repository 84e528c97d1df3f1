//! Stores that keep process instances wrongly.

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    memory::MemoryTransaction,
    store::{
        GenerationId, Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState, Lease,
        ProjectionStore, StoreTransaction, TimerChange, TimerQuery,
    },
};

use super::{
    flaw::{Flaw, ReactionFlaw},
    flaws,
};
use crate::broken::Asked;

flaws! {
    a_store_that_counts_no_ignored_inputs: Changes(|change| InstanceChange { ignored: 0, ..change }) => [
        an_instance_has_a_record_from_its_first_step,
        an_instance_that_only_ignores_gets_no_record,
        a_step_makes_of_an_instance_what_the_rules_say,
    ],
    a_store_in_which_no_instance_ends: Changes(|change| InstanceChange { completed: false, ..change }) => [
        an_instance_has_a_record_from_its_first_step,
        a_step_makes_of_an_instance_what_the_rules_say,
    ],
    a_store_that_makes_records_of_what_is_ignored: Changes(|change| InstanceChange { stepped: true, ..change }) => [
        an_instance_that_only_ignores_gets_no_record,
    ],
    a_store_that_lets_aborted_instances_make_steps: HoldsNone => [
        a_step_makes_of_an_instance_what_the_rules_say,
        an_instance_that_is_aborted_during_a_step_has_no_timers,
    ],
    a_store_that_does_every_request: Requests(|_| true) => [a_request_makes_of_an_instance_what_the_rules_say],
    a_store_that_does_no_request: Requests(|_| false) => [a_request_makes_of_an_instance_what_the_rules_say],
    a_store_that_suspends_instances_in_every_partition: SuspendedAnywhere => [
        suspended_instances_are_listed_by_partition,
    ],
    a_store_that_lists_instances_by_id: Lists(|mut listed| {
        listed.sort_by_key(|instance| instance.key.clone());
        listed
    }) => [instances_are_read_in_pages_the_oldest_first],
    a_store_whose_aborted_instances_keep_their_timers: KeepsTimers => [an_aborted_instance_loses_its_timers],
    a_store_that_records_no_steps: Forgets => [steps_of_instances_commit_with_the_rest_of_the_transaction],
    a_store_that_keeps_the_instances_of_an_abandoned_generation: Abandons => [
        instances_are_deleted_with_their_generation,
    ],
}

/// Makes other changes.
struct Changes(fn(InstanceChange) -> InstanceChange);

impl Flaw for Changes {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Changes {
    async fn change_instances(
        &self,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Asked<Vec<(String, InstanceState)>> {
        let changes: Vec<_> = changes.iter().cloned().map(self.0).collect();
        transaction.change_instances(lease, &changes).await
    }
}

struct HoldsNone;

impl Flaw for HoldsNone {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for HoldsNone {
    async fn change_instances(
        &self,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Asked<Vec<(String, InstanceState)>> {
        transaction.change_instances(lease, changes).await.map(|_| Vec::new())
    }
}

/// Returns another answer.
struct Requests(fn(bool) -> bool);

impl Flaw for Requests {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Requests {
    async fn request_instance(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Asked<bool> {
        Ok((self.0)(store.request_instance(generation, key, request).await?))
    }
}

struct SuspendedAnywhere;

impl Flaw for SuspendedAnywhere {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for SuspendedAnywhere {
    async fn suspended_instances(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        _: u32,
    ) -> Asked<Vec<String>> {
        store.suspended_instances(generation, 0).await
    }
}

/// Lists other instances than were found.
struct Lists(fn(Vec<Instance>) -> Vec<Instance>);

impl Flaw for Lists {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Lists {
    async fn instances(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Asked<Vec<Instance>> {
        store.instances(generation, query).await.map(self.0)
    }
}

struct KeepsTimers;

impl Flaw for KeepsTimers {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for KeepsTimers {
    async fn request_instance(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Asked<bool> {
        let timers = store.timers(generation, &TimerQuery::first(usize::MAX)).await?;
        let applies = store.request_instance(generation, key, request).await?;
        for timer in timers {
            store.change_timer(generation, 0, &TimerChange::Set(timer)).await?;
        }
        Ok(applies)
    }
}

struct Forgets;

impl Flaw for Forgets {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Forgets {
    async fn change_instances(
        &self,
        _: &mut MemoryTransaction,
        _: &Lease,
        _: &[InstanceChange],
    ) -> Asked<Vec<(String, InstanceState)>> {
        Ok(Vec::new())
    }
}

struct Abandons;

#[async_trait]
impl Flaw for Abandons {
    async fn abandon(&self, _: &MemoryStore, _: GenerationId) -> Asked<()> {
        Ok(())
    }
}
