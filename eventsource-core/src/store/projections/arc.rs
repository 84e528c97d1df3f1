//! A shared store keeps read models if the inner store does.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::value::RawValue;

use super::{
    Claim, Comparison, Definition, EventTypes, Generation, GenerationId, GenerationRequest, HorizonHolder,
    Instance, InstanceQuery, InstanceRequest, Lease, MessageName, Moment, Outcome, ParkedEvent, ParkedQuery,
    ParkedRequest, PartitionOf, ProjectionStore, ReadModelStore, ReadModelTable, StopReason, SwapAttempt,
    Timer, TimerChange, TimerQuery, Worker, WorkerId,
};
use crate::{
    Position, ProjectionError, RecordedEvent,
    store::{Append, AppendError, Receipt, StoreError},
};

#[async_trait]
impl<S: ProjectionStore + ?Sized> ProjectionStore for Arc<S> {
    type Transaction = S::Transaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, Self::Transaction)>, StoreError> {
        S::begin_generation(self, definition, request).await
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        S::generations(self).await
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        S::change_handler(self, generation, name, partitions, partition_of).await
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        S::heartbeat(self, worker, lease).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        S::claim(self, claim).await
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(Self::Transaction, Generation)>, StoreError> {
        S::begin_widening(self, generation, types).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        S::release(self, lease).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        S::leave(self, worker).await
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(Self::Transaction, Position)>, StoreError> {
        S::begin(self, lease).await
    }

    fn is_outage(&self, error: &ProjectionError) -> bool {
        S::is_outage(self, error)
    }

    fn is_contended(&self, error: &ProjectionError) -> bool {
        S::is_contended(self, error)
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError> {
        S::note_error(self, lease, error).await
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError> {
        S::stop(self, lease, reason).await
    }

    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError> {
        S::resume(self, generation).await
    }

    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError> {
        S::parked(self, generation, query).await
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError> {
        S::parked_keys(self, generation, partition).await
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError> {
        S::request_parked(self, generation, key, request).await
    }

    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<Self::Transaction>, StoreError> {
        S::begin_swap(self, generation).await
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        S::abandon(self, generation).await
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        S::revive(self, generation).await
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        S::swap_when_ready(self, generation, swap).await
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        S::compare(self, generation).await
    }

    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(Self::Transaction, Position)>, StoreError> {
        S::begin_promotion(self, lease).await
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        S::demote(self, generation).await
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(Self::Transaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        S::begin_append(self, append, inline).await
    }

    async fn listen(&self) {
        S::listen(self).await;
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        S::horizon_holders(self).await
    }

    async fn moment(&self) -> Result<Moment, StoreError> {
        S::moment(self).await
    }

    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        S::settled(self, end).await
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        S::timers(self, generation, query).await
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        S::change_timer(self, generation, partition, change).await
    }

    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        S::instances(self, generation, query).await
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        S::request_instance(self, generation, key, request).await
    }

    async fn suspended_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<String>, StoreError> {
        S::suspended_instances(self, generation, partition).await
    }

    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(Self::Transaction, Option<Outcome>), StoreError> {
        S::begin_message(self, message).await
    }

    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        S::purge_outcomes(self, consumer, older_than, limit).await
    }
}

#[async_trait]
impl<S: ReadModelStore + ?Sized> ReadModelStore for Arc<S> {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        S::check_table(self, generation, table).await
    }

    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        S::find_row(self, table, key).await
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError> {
        S::all_rows(self, table).await
    }
}
