//! The reference store behind a flaw.

mod rows;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, ProjectionError, RecordedEvent, StreamId,
    memory::MemoryTransaction,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Claim, Comparison, Definition, Direction, EventStore, EventTypes,
        Generation, GenerationId, GenerationRequest, HorizonHolder, ImportError, ImportEvent, Imported,
        Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState, Lease, LogFilter, LogPage,
        MessageName, Moment, Outcome, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, PartitionOf,
        ProjectionStore, Receipt, StopReason, StoreTransaction, StoredSnapshot, StoredType, SwapAttempt,
        Timer, TimerChange, TimerQuery, Worker, WorkerId,
    },
};

use super::flaw::Flaw;
use crate::broken::{Appended, Asked};

/// One type for all flaws, so that the tests are compiled once.
pub(crate) struct Flawed {
    store: Arc<MemoryStore>,
    flaw: Arc<dyn Flaw>,
}

/// Calls within a transaction have no access to the store, so the transaction carries the flaw.
pub(crate) struct FlawedTransaction {
    transaction: MemoryTransaction,
    store: Arc<MemoryStore>,
    flaw: Arc<dyn Flaw>,
}

impl Flawed {
    pub(crate) fn new(flaw: impl Flaw) -> Self {
        Self { store: Arc::new(MemoryStore::new()), flaw: Arc::new(flaw) }
    }

    fn wrap(&self, transaction: MemoryTransaction) -> FlawedTransaction {
        FlawedTransaction { transaction, store: Arc::clone(&self.store), flaw: Arc::clone(&self.flaw) }
    }
}

#[async_trait]
impl EventStore for Flawed {
    fn capabilities(&self) -> Capabilities {
        self.flaw.capabilities(&self.store)
    }

    async fn append(&self, append: Append) -> Appended {
        self.flaw.append(&self.store, append).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        self.flaw.import(&self.store, events).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        self.store.find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        self.store.read_stream(stream, direction, limit).await
    }

    async fn read_log(&self, after: Position, filter: &LogFilter, limit: usize) -> Asked<LogPage> {
        self.flaw.read_log(&self.store, after, filter, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        self.store.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Asked<()> {
        self.store.save_snapshot(snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Asked<Vec<StoredType>> {
        self.store.stored_types(samples).await
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Asked<u64> {
        self.flaw.reactions().purge_idempotency_keys(&self.store, older_than, limit).await
    }
}

#[async_trait]
impl ProjectionStore for Flawed {
    type Transaction = FlawedTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Asked<Option<(GenerationId, FlawedTransaction)>> {
        let begun = self.flaw.begin_generation(&self.store, definition, request).await?;
        Ok(begun.map(|(id, transaction)| (id, self.wrap(transaction))))
    }

    async fn generations(&self) -> Asked<Vec<Generation>> {
        self.flaw.generations(&self.store).await
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Asked<bool> {
        self.store.change_handler(generation, name, partitions, partition_of).await
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Asked<Vec<Worker>> {
        self.flaw.heartbeat(&self.store, worker, lease).await
    }

    async fn claim(&self, claim: &Claim) -> Asked<Option<Lease>> {
        self.flaw.claim(&self.store, *claim).await
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Asked<Option<(FlawedTransaction, Generation)>> {
        let begun = self.flaw.begin_widening(&self.store, generation, types).await?;
        Ok(begun.map(|(transaction, found)| (self.wrap(transaction), found)))
    }

    async fn release(&self, lease: &Lease) -> Asked<()> {
        self.flaw.release(&self.store, lease).await
    }

    async fn leave(&self, worker: WorkerId) -> Asked<()> {
        self.flaw.leave(&self.store, worker).await
    }

    async fn begin(&self, lease: &Lease) -> Asked<Option<(FlawedTransaction, Position)>> {
        let begun = self.flaw.begin(&self.store, lease).await?;
        Ok(begun.map(|(transaction, position)| (self.wrap(transaction), position)))
    }

    fn is_outage(&self, error: &ProjectionError) -> bool {
        self.flaw.is_outage(&self.store, error)
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Asked<()> {
        self.flaw.note_error(&self.store, lease, error).await
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Asked<()> {
        self.flaw.stop(&self.store, lease, reason).await
    }

    async fn resume(&self, generation: GenerationId) -> Asked<u64> {
        self.flaw.resume(&self.store, generation).await
    }

    async fn parked(&self, generation: GenerationId, query: &ParkedQuery) -> Asked<Vec<ParkedEvent>> {
        self.flaw.parked(&self.store, generation, query).await
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Asked<Vec<String>> {
        self.flaw.parked_keys(&self.store, generation, partition).await
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        self.flaw.request_parked(&self.store, generation, key, request).await
    }

    async fn begin_swap(&self, generation: GenerationId) -> Asked<SwapAttempt<FlawedTransaction>> {
        Ok(self.flaw.begin_swap(&self.store, generation).await?.map(|transaction| self.wrap(transaction)))
    }

    async fn abandon(&self, generation: GenerationId) -> Asked<()> {
        self.flaw.abandon(&self.store, generation).await
    }

    async fn revive(&self, generation: GenerationId) -> Asked<bool> {
        self.flaw.revive(&self.store, generation).await
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Asked<()> {
        self.flaw.swap_when_ready(&self.store, generation, swap).await
    }

    async fn compare(&self, generation: GenerationId) -> Asked<Comparison> {
        self.flaw.compare(&self.store, generation).await
    }

    async fn begin_promotion(&self, lease: &Lease) -> Asked<Option<(FlawedTransaction, Position)>> {
        let begun = self.flaw.begin_promotion(&self.store, lease).await?;
        Ok(begun.map(|(transaction, position)| (self.wrap(transaction), position)))
    }

    async fn demote(&self, generation: GenerationId) -> Asked<()> {
        self.flaw.demote(&self.store, generation).await
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(FlawedTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let (transaction, receipts, events) = self.flaw.begin_append(&self.store, append, inline).await?;
        Ok((self.wrap(transaction), receipts, events))
    }

    async fn listen(&self) {
        self.flaw.listen(&self.store).await;
    }

    async fn horizon_holders(&self) -> Asked<Vec<HorizonHolder>> {
        self.flaw.horizon_holders(&self.store).await
    }

    async fn moment(&self) -> Asked<Moment> {
        self.flaw.reactions().moment(&self.store).await
    }

    async fn settled(&self, end: Position) -> Asked<Option<Position>> {
        self.flaw.reactions().settled(&self.store, end).await
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Asked<Vec<Timer>> {
        self.flaw.reactions().timers(&self.store, generation, query).await
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Asked<bool> {
        self.flaw.reactions().change_timer(&self.store, generation, partition, change).await
    }

    async fn instances(&self, generation: GenerationId, query: &InstanceQuery) -> Asked<Vec<Instance>> {
        self.flaw.reactions().instances(&self.store, generation, query).await
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Asked<bool> {
        self.flaw.reactions().request_instance(&self.store, generation, key, request).await
    }

    async fn suspended_instances(&self, generation: GenerationId, partition: u32) -> Asked<Vec<String>> {
        self.flaw.reactions().suspended_instances(&self.store, generation, partition).await
    }

    async fn begin_message(&self, message: MessageName<'_>) -> Asked<(FlawedTransaction, Option<Outcome>)> {
        let (transaction, kept) = self.flaw.reactions().begin_message(&self.store, message).await?;
        Ok((self.wrap(transaction), kept))
    }

    async fn purge_outcomes(&self, consumer: &str, older_than: Duration, limit: usize) -> Asked<u64> {
        self.flaw.reactions().purge_outcomes(&self.store, consumer, older_than, limit).await
    }
}

#[async_trait]
impl StoreTransaction for FlawedTransaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.advance(&store, &mut self.transaction, lease, position, events).await
    }

    async fn commit(self) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.commit(&store, self.transaction).await
    }

    async fn roll_back(self) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.roll_back(&store, self.transaction).await
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.append_within(&store, &mut self.transaction, append, inline).await
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.park(&store, &mut self.transaction, lease, events).await
    }

    async fn unpark(&mut self, lease: &Lease, event: &ParkedEvent, outcome: &ParkedOutcome) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.unpark(&store, &mut self.transaction, lease, event, outcome).await
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.swap(&store, &mut self.transaction, generation, keep_old).await
    }

    async fn read_rest(&mut self, after: Position, filter: &LogFilter, limit: usize) -> Asked<LogPage> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.read_rest(&store, &mut self.transaction, after, filter, limit).await
    }

    async fn promote(&mut self, lease: &Lease) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.promote(&store, &mut self.transaction, lease).await
    }

    async fn enter(&mut self, generation: GenerationId) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.enter(&store, &mut self.transaction, generation).await
    }

    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Asked<()> {
        let Self { transaction, store, flaw } = self;
        flaw.reactions().change_timers(store, transaction, lease, changes).await
    }

    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Asked<Vec<(String, InstanceState)>> {
        self.flaw.reactions().change_instances(&mut self.transaction, lease, changes).await
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Asked<()> {
        self.flaw.reactions().keep_outcome(&mut self.transaction, message, outcome).await
    }
}
