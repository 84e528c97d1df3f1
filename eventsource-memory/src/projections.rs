//! The memory store as a store of read models.

use std::{slice, time::Duration};

use async_trait::async_trait;

use super::{
    MemoryStore,
    transaction::{MemoryTransaction, backend},
    writing::owned,
};
use eventsource_core::{
    Position, ProjectionError, RecordedEvent, Timestamp,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, HorizonHolder, Instance, InstanceQuery, InstanceRequest, Lease, MessageName,
        Moment, Outcome, ParkedEvent, ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore, Receipt,
        StopReason, StoreError, SwapAttempt, Timer, TimerChange, TimerQuery, Worker, WorkerId,
        rules::{
            self,
            generations::Widening,
            names::{self, NameFault},
        },
    },
};

/// How long a swap waits for a transaction of another projection.
const SHORT: Duration = Duration::from_millis(100);

#[async_trait]
impl ProjectionStore for MemoryStore {
    type Transaction = MemoryTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, MemoryTransaction)>, StoreError> {
        let mut transaction = self.shared.begin().await;
        let due = {
            let mut contents = self.contents();
            let log_end = contents.log.end();
            contents.projections.plan(definition, request, log_end)
        };
        Ok(due.map(|due| {
            let id = due.about.id;
            transaction.generation = Some(id);
            transaction.at_commit(|contents| contents.projections.create(due));
            (id, transaction)
        }))
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        Ok(self.contents().projections.list())
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(MemoryTransaction, Generation)>, StoreError> {
        let mut transaction = self.shared.begin().await;
        let found = {
            let mut contents = self.contents();
            contents.projections.open_all(generation);
            contents.projections.find(generation)
        };
        Ok(found.map(|found| {
            let widening = Widening::of(&found.event_types, types);
            transaction.at_commit(move |contents| contents.projections.widen(generation, widening));
            (transaction, found)
        }))
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        let _transaction = self.shared.begin().await;
        Ok(self.contents().projections.change_handler(generation, name, partitions, partition_of))
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        Ok(self.contents().projections.beat(worker, lease))
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        Ok(self.contents().projections.claim(claim))
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.contents().projections.release(lease);
        Ok(())
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.contents().projections.leave(worker);
        Ok(())
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(MemoryTransaction, Position)>, StoreError> {
        let transaction = self.shared.begin().await;
        Ok(self.at(transaction, lease))
    }

    fn is_outage(&self, _error: &ProjectionError) -> bool {
        false
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError> {
        self.contents().projections.note_error(lease, error);
        Ok(())
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError> {
        self.contents().projections.stop(lease, reason);
        Ok(())
    }

    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError> {
        Ok(self.contents().projections.resume(generation))
    }

    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.parked.list(query)).unwrap_or_default())
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.parked.keys(partition)).unwrap_or_default())
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError> {
        let mut contents = self.contents();
        let entry = contents.projections.generations.get_mut(&generation);
        Ok(entry.is_some_and(|entry| entry.parked.request(key, request)))
    }

    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<MemoryTransaction>, StoreError> {
        let Ok(mut transaction) = tokio::time::timeout(SHORT, self.shared.begin()).await else {
            return Ok(SwapAttempt::Busy);
        };
        let mut contents = self.contents();
        let log_end = contents.log.end();
        let attempt = contents.projections.begin_swap(generation, log_end);
        drop(contents);
        Ok(attempt.map(|()| {
            transaction.generation = Some(generation);
            transaction
        }))
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        let _lock = self.shared.begin().await;
        let abandoned = self.contents().projections.abandon(generation);
        abandoned.map_err(|fault| backend("abandoning a generation", fault.into()))
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        let _lock = self.shared.begin().await;
        Ok(self.contents().projections.revive(generation))
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        self.contents().projections.set_swap_options(generation, swap, None);
        Ok(())
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        let compared = self.contents().projections.compare(generation);
        compared.map_err(|fault| backend("comparing read models", fault.into()))
    }

    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(MemoryTransaction, Position)>, StoreError> {
        let transaction = self.shared.begin_alone().await;
        Ok(self.at(transaction, lease))
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        let _lock = self.shared.begin().await;
        let mut contents = self.contents();
        let log_end = contents.log.end();
        if let Some(about) = contents.projections.about_mut(generation) {
            rules::generations::demote(about, log_end, Timestamp::now());
        }
        Ok(())
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        append.validate()?;
        let mut transaction = self.shared.begin().await;
        let planned = transaction.plan(&append, inline)?;
        let (receipts, events) = (planned.receipts.clone(), planned.events.clone());
        transaction.append_at_commit(planned);
        Ok((transaction, receipts, events))
    }

    async fn listen(&self) {
        self.shared.locks.appended.notified().await;
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        Ok(Vec::new())
    }

    async fn moment(&self) -> Result<Moment, StoreError> {
        // A transaction records the time of its events when it plans them: it ends first.
        let _no_append = self.shared.locks.admit_append().await;
        let contents = self.contents();
        Ok(Moment { time: Timestamp::now(), end: contents.log.end() })
    }

    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        Ok(Some(end.min(self.contents().log.end())))
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.timers.list(query)).unwrap_or_default())
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        check_names("changing a timer", names::check_timers(slice::from_ref(change)))?;
        let _transaction = self.shared.begin().await;
        let mut contents = self.contents();
        let entry = contents.projections.generations.get_mut(&generation);
        Ok(entry.is_some_and(|entry| entry.timers.change(partition, change)))
    }

    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.instances.list(query)).unwrap_or_default())
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        let _transaction = self.shared.begin().await;
        let mut contents = self.contents();
        let Some(entry) = contents.projections.generations.get_mut(&generation) else { return Ok(false) };
        let applies = entry.instances.request(key, request);
        if applies && matches!(request, InstanceRequest::Abort { .. }) {
            entry.timers.change(0, &TimerChange::CancelAll { key: key.to_owned() });
        }
        Ok(applies)
    }

    async fn suspended_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<String>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.instances.suspended(partition)).unwrap_or_default())
    }

    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(MemoryTransaction, Option<Outcome>), StoreError> {
        check_names("receiving a message", names::check_message(message))?;
        let transaction = self.shared.begin().await;
        let kept = self.contents().outcomes.get(&owned(message)).cloned();
        Ok((transaction, kept))
    }

    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let _transaction = self.shared.begin().await;
        let before = Timestamp::now().saturating_sub(older_than);
        let outcomes = &mut self.contents().outcomes;
        let of_consumer = outcomes.iter().filter(|((of, id), outcome)| {
            of == consumer && !id.starts_with("log/") && outcome.kept_at < before
        });
        let old: Vec<_> = of_consumer.take(limit).map(|(name, _)| name.clone()).collect();
        Ok(old.iter().filter(|name| outcomes.remove(*name).is_some()).count() as u64)
    }
}

impl MemoryStore {
    /// Assigns the transaction to the partition of a lease; `None` if the lease is lost.
    fn at(&self, mut transaction: MemoryTransaction, lease: &Lease) -> Option<(MemoryTransaction, Position)> {
        let position = self.contents().projections.open(lease)?;
        transaction.generation = Some(lease.generation);
        transaction.lease = Some(lease.clone());
        Some((transaction, position))
    }
}

pub(super) fn check_names(action: &'static str, checked: Result<(), NameFault>) -> Result<(), StoreError> {
    checked.map_err(|fault| backend(action, fault.into()))
}
