//! Projections and read models: each call goes to the store that it is.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;

use super::{AnyStore, AnyTransaction, each};
use crate::{
    Position, ProjectionError, RecordedEvent,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, HorizonHolder, Instance, InstanceQuery, InstanceRequest, Lease, MessageName,
        Moment, Outcome, ParkedEvent, ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore,
        ReadModelStore, ReadModelTable, Receipt, StopReason, StoreError, SwapAttempt, Timer, TimerChange,
        TimerQuery, Worker, WorkerId,
    },
};

#[async_trait]
impl ProjectionStore for AnyStore {
    type Transaction = AnyTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, Self::Transaction)>, StoreError> {
        Ok(
            each!(self, store => store.begin_generation(definition, request).await?.map(|(id, it)| (id, it.into()))),
        )
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        each!(self, store => store.generations().await)
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(Self::Transaction, Generation)>, StoreError> {
        Ok(
            each!(self, store => store.begin_widening(generation, types).await?.map(|(it, with)| (it.into(), with))),
        )
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        each!(self, store => store.change_handler(generation, name, partitions, partition_of).await)
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        each!(self, store => store.heartbeat(worker, lease).await)
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        each!(self, store => store.claim(claim).await)
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        each!(self, store => store.release(lease).await)
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        each!(self, store => store.leave(worker).await)
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(Self::Transaction, Position)>, StoreError> {
        Ok(each!(self, store => store.begin(lease).await?.map(|(it, with)| (it.into(), with))))
    }

    fn is_outage(&self, error: &ProjectionError) -> bool {
        each!(self, store => store.is_outage(error))
    }

    fn is_contended(&self, error: &ProjectionError) -> bool {
        each!(self, store => store.is_contended(error))
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError> {
        each!(self, store => store.note_error(lease, error).await)
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError> {
        each!(self, store => store.stop(lease, reason).await)
    }

    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError> {
        each!(self, store => store.resume(generation).await)
    }

    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError> {
        each!(self, store => store.parked(generation, query).await)
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError> {
        each!(self, store => store.parked_keys(generation, partition).await)
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError> {
        each!(self, store => store.request_parked(generation, key, request).await)
    }

    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<Self::Transaction>, StoreError> {
        Ok(each!(self, store => store.begin_swap(generation).await?.map(AnyTransaction::from)))
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        each!(self, store => store.abandon(generation).await)
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        each!(self, store => store.revive(generation).await)
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        each!(self, store => store.swap_when_ready(generation, swap).await)
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        each!(self, store => store.compare(generation).await)
    }

    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(Self::Transaction, Position)>, StoreError> {
        Ok(each!(self, store => store.begin_promotion(lease).await?.map(|(it, with)| (it.into(), with))))
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        each!(self, store => store.demote(generation).await)
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(Self::Transaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        Ok(each!(self, store => {
            let (it, receipts, events) = store.begin_append(append, inline).await?;
            (it.into(), receipts, events)
        }))
    }

    async fn listen(&self) {
        each!(self, store => store.listen().await)
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        each!(self, store => store.horizon_holders().await)
    }

    async fn moment(&self) -> Result<Moment, StoreError> {
        each!(self, store => store.moment().await)
    }

    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        each!(self, store => store.settled(end).await)
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        each!(self, store => store.timers(generation, query).await)
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        each!(self, store => store.change_timer(generation, partition, change).await)
    }

    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        each!(self, store => store.instances(generation, query).await)
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        each!(self, store => store.request_instance(generation, key, request).await)
    }

    async fn suspended_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<String>, StoreError> {
        each!(self, store => store.suspended_instances(generation, partition).await)
    }

    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(Self::Transaction, Option<Outcome>), StoreError> {
        Ok(
            each!(self, store => { let (it, outcome) = store.begin_message(message).await?; (it.into(), outcome) }),
        )
    }

    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        each!(self, store => store.purge_outcomes(consumer, older_than, limit).await)
    }
}

#[async_trait]
impl ReadModelStore for AnyStore {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        each!(self, store => store.check_table(generation, table).await)
    }

    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        each!(self, store => store.find_row(table, key).await)
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError> {
        each!(self, store => store.all_rows(table).await)
    }
}
