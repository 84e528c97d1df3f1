//! The possible flaws of timers, process instances and messages.

use std::time::Duration;

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    memory::MemoryTransaction,
    store::{
        EventStore, GenerationId, Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState,
        Lease, MessageName, Moment, Outcome, ProjectionStore, StoreTransaction, Timer, TimerChange,
        TimerQuery,
    },
};

use crate::broken::Asked;

/// A flaw of a store in what processes and inboxes need. Methods that a flaw does not override are correct.
#[async_trait]
pub(crate) trait ReactionFlaw: Send + Sync + 'static {
    async fn moment(&self, store: &MemoryStore) -> Asked<Moment> {
        store.moment().await
    }

    async fn settled(&self, store: &MemoryStore, end: Position) -> Asked<Option<Position>> {
        store.settled(end).await
    }

    async fn timers(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &TimerQuery,
    ) -> Asked<Vec<Timer>> {
        store.timers(generation, query).await
    }

    async fn change_timer(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Asked<bool> {
        store.change_timer(generation, partition, change).await
    }

    async fn change_timers(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[TimerChange],
    ) -> Asked<()> {
        transaction.change_timers(lease, changes).await
    }

    async fn instances(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Asked<Vec<Instance>> {
        store.instances(generation, query).await
    }

    async fn request_instance(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Asked<bool> {
        store.request_instance(generation, key, request).await
    }

    async fn suspended_instances(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        partition: u32,
    ) -> Asked<Vec<String>> {
        store.suspended_instances(generation, partition).await
    }

    async fn change_instances(
        &self,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Asked<Vec<(String, InstanceState)>> {
        transaction.change_instances(lease, changes).await
    }

    async fn begin_message(
        &self,
        store: &MemoryStore,
        message: MessageName<'_>,
    ) -> Asked<(MemoryTransaction, Option<Outcome>)> {
        store.begin_message(message).await
    }

    async fn keep_outcome(
        &self,
        transaction: &mut MemoryTransaction,
        message: MessageName<'_>,
        outcome: &str,
    ) -> Asked<()> {
        transaction.keep_outcome(message, outcome).await
    }

    async fn purge_outcomes(
        &self,
        store: &MemoryStore,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Asked<u64> {
        store.purge_outcomes(consumer, older_than, limit).await
    }

    async fn purge_idempotency_keys(
        &self,
        store: &MemoryStore,
        older_than: Duration,
        limit: usize,
    ) -> Asked<u64> {
        store.purge_idempotency_keys(older_than, limit).await
    }
}

/// No flaw.
pub(super) struct Correct;

impl ReactionFlaw for Correct {}
