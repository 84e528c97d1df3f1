//! The possible flaws of a store of read models.

mod reactions;

use std::time::Duration;

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, ProjectionError, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, Capabilities, Claim, Comparison, Definition, EventStore, EventTypes, Generation,
        GenerationId, GenerationRequest, HorizonHolder, ImportError, ImportEvent, Imported, Lease, LogFilter,
        LogPage, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ProjectionStore, ReadModelStore,
        ReadModelTable, ReadModelTransaction, Receipt, StopReason, StoreTransaction, SwapAttempt, Worker,
        WorkerId,
    },
};
use serde_json::value::RawValue;

pub(crate) use reactions::ReactionFlaw;

use crate::broken::{Appended, Asked};

/// A flaw of a store. Methods that a flaw does not override are correct.
#[async_trait]
pub(crate) trait Flaw: Send + Sync + 'static {
    fn capabilities(&self, store: &MemoryStore) -> Capabilities {
        store.capabilities()
    }

    /// Its flaws in what processes and inboxes need.
    fn reactions(&self) -> &dyn ReactionFlaw {
        &reactions::Correct
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        store.append(append).await
    }

    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        store.import(events).await
    }

    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Asked<Option<(GenerationId, MemoryTransaction)>> {
        store.begin_generation(definition, request).await
    }

    async fn generations(&self, store: &MemoryStore) -> Asked<Vec<Generation>> {
        store.generations().await
    }

    async fn heartbeat(&self, store: &MemoryStore, worker: &Worker, lease: Duration) -> Asked<Vec<Worker>> {
        store.heartbeat(worker, lease).await
    }

    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Asked<Option<Lease>> {
        store.claim(&claim).await
    }

    async fn begin_widening(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Asked<Option<(MemoryTransaction, Generation)>> {
        store.begin_widening(generation, types).await
    }

    async fn read_rest(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        transaction.read_rest(after, filter, limit).await
    }

    async fn release(&self, store: &MemoryStore, lease: &Lease) -> Asked<()> {
        store.release(lease).await
    }

    async fn leave(&self, store: &MemoryStore, worker: WorkerId) -> Asked<()> {
        store.leave(worker).await
    }

    async fn begin(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        store.begin(lease).await
    }

    async fn advance(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        position: Position,
        events: u64,
    ) -> Asked<()> {
        transaction.advance(lease, position, events).await
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        store.read_log(after, filter, limit).await
    }

    async fn commit(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.commit().await
    }

    async fn roll_back(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.roll_back().await
    }

    fn is_outage(&self, store: &MemoryStore, error: &ProjectionError) -> bool {
        store.is_outage(error)
    }

    async fn note_error(&self, store: &MemoryStore, lease: &Lease, error: Option<&str>) -> Asked<()> {
        store.note_error(lease, error).await
    }

    async fn stop(&self, store: &MemoryStore, lease: &Lease, reason: &StopReason) -> Asked<()> {
        store.stop(lease, reason).await
    }

    async fn resume(&self, store: &MemoryStore, generation: GenerationId) -> Asked<u64> {
        store.resume(generation).await
    }

    async fn append_within(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        transaction.append(append, inline).await
    }

    async fn park(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        events: &[ParkedEvent],
    ) -> Asked<()> {
        transaction.park(lease, events).await
    }

    async fn parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Asked<Vec<ParkedEvent>> {
        store.parked(generation, query).await
    }

    async fn parked_keys(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        partition: u32,
    ) -> Asked<Vec<String>> {
        store.parked_keys(generation, partition).await
    }

    async fn request_parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        store.request_parked(generation, key, request).await
    }

    async fn unpark(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Asked<()> {
        transaction.unpark(lease, event, outcome).await
    }

    async fn begin_swap(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
    ) -> Asked<SwapAttempt<MemoryTransaction>> {
        store.begin_swap(generation).await
    }

    async fn swap(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        transaction.swap(generation, keep_old).await
    }

    async fn abandon(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        store.abandon(generation).await
    }

    async fn revive(&self, store: &MemoryStore, generation: GenerationId) -> Asked<bool> {
        store.revive(generation).await
    }

    async fn swap_when_ready(&self, store: &MemoryStore, generation: GenerationId, swap: bool) -> Asked<()> {
        store.swap_when_ready(generation, swap).await
    }

    async fn compare(&self, store: &MemoryStore, generation: GenerationId) -> Asked<Comparison> {
        store.compare(generation).await
    }

    async fn begin_promotion(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        store.begin_promotion(lease).await
    }

    async fn promote(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
    ) -> Asked<()> {
        transaction.promote(lease).await
    }

    async fn demote(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        store.demote(generation).await
    }

    async fn begin_append(
        &self,
        store: &MemoryStore,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        store.begin_append(append, inline).await
    }

    async fn enter(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
    ) -> Asked<()> {
        transaction.enter(generation).await
    }

    async fn listen(&self, store: &MemoryStore) {
        store.listen().await;
    }

    async fn horizon_holders(&self, store: &MemoryStore) -> Asked<Vec<HorizonHolder>> {
        store.horizon_holders().await
    }

    async fn set_up_table(
        &self,
        _store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
    ) -> Asked<()> {
        transaction.set_up_table(table).await
    }

    async fn check_table(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        table: &ReadModelTable,
    ) -> Asked<()> {
        store.check_table(generation, table).await
    }

    async fn load_rows(
        &self,
        _store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Asked<Vec<Box<RawValue>>> {
        transaction.load_rows(table, keys).await
    }

    async fn lock_keys(
        &self,
        _store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Asked<()> {
        transaction.lock_keys(table, keys).await
    }

    async fn write_rows(
        &self,
        _store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        transaction.write_rows(table, puts, deletes).await
    }

    async fn find_row(
        &self,
        store: &MemoryStore,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Asked<Option<Box<RawValue>>> {
        store.find_row(table, key).await
    }

    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        store.all_rows(table).await
    }
}
