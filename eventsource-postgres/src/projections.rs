//! The implementation of `ProjectionStore` on Postgres, which delegates to the modules below.

mod compare;
mod fault;
mod generations;
mod holders;
mod inline;
mod leases;
mod listen;
mod parked;
mod swap;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use eventsource_core::{
    Position, ProjectionError, RecordedEvent,
    store::{
        Append, AppendError, Comparison, Definition, EventTypes, Generation, GenerationId, GenerationRequest,
        HorizonHolder, Lease, LogFilter, LogPage, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest,
        ProjectionStore, Receipt, StopReason, StoreError, SwapAttempt, Worker, WorkerId,
    },
};

pub use fault::ProjectionFault;
pub(crate) use generations::locked_schema;
pub(crate) use listen::{Listener, announce};
pub use transaction::PgTransaction;

use crate::{PostgresStore, error};

#[async_trait]
impl ProjectionStore for PostgresStore {
    type Transaction = PgTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, PgTransaction)>, StoreError> {
        self.connections
            .limited("creating a generation", generations::begin(&self.connections, definition, request))
            .await
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        generations::list(&self.connections, &self.liveness).await
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        leases::heartbeat(&self.connections, &self.liveness, worker, lease).await
    }

    async fn claim(
        &self,
        generation: GenerationId,
        partition: u32,
        worker: WorkerId,
    ) -> Result<Option<Lease>, StoreError> {
        leases::claim(&self.connections, &self.liveness, generation, partition, worker).await
    }

    async fn claim_stopped(
        &self,
        generation: GenerationId,
        partition: u32,
        epoch: u64,
        worker: WorkerId,
    ) -> Result<Option<Lease>, StoreError> {
        leases::claim_stopped(&self.connections, generation, partition, epoch, worker).await
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(PgTransaction, Generation)>, StoreError> {
        let called = generations::begin_widening(&self.connections, &self.liveness, generation, types);
        self.connections.limited("widening the event types of a generation", called).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        leases::release(&self.connections, lease).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        leases::leave(&self.connections, worker).await
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(PgTransaction, Position)>, StoreError> {
        self.connections.limited("beginning a batch", transaction::begin(&self.connections, lease)).await
    }

    async fn advance(
        &self,
        transaction: &mut PgTransaction,
        lease: &Lease,
        position: Position,
        events: u64,
    ) -> Result<(), StoreError> {
        let called = transaction::advance(&self.connections, transaction, lease, position, events);
        let called = self.connections.limited("advancing a checkpoint", called).await;
        transaction.checked(called)
    }

    async fn commit(&self, transaction: PgTransaction) -> Result<(), StoreError> {
        self.connections.limited("committing", transaction.commit(&self.connections)).await
    }

    async fn roll_back(&self, transaction: PgTransaction) -> Result<(), StoreError> {
        self.connections.limited("rolling back", transaction.roll_back()).await
    }

    fn is_outage(&self, error: &ProjectionError) -> bool {
        error::is_outage(error.inner())
    }

    fn is_contended(&self, error: &ProjectionError) -> bool {
        error::is_caused_by_contention(error.inner())
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError> {
        leases::note_error(&self.connections, lease, error).await
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError> {
        leases::stop(&self.connections, lease, reason).await
    }

    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError> {
        leases::resume(&self.connections, generation).await
    }

    async fn park(
        &self,
        transaction: &mut PgTransaction,
        lease: &Lease,
        events: &[ParkedEvent],
    ) -> Result<(), StoreError> {
        let called = parked::park(&self.connections, transaction, lease, events);
        let called = self.connections.limited("parking events", called).await;
        transaction.checked(called)
    }

    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError> {
        parked::list(&self.connections, generation, query).await
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError> {
        parked::keys(&self.connections, generation, partition).await
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError> {
        parked::request(&self.connections, generation, key, request).await
    }

    async fn unpark(
        &self,
        transaction: &mut PgTransaction,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError> {
        let called = parked::unpark(&self.connections, transaction, lease, event, outcome);
        let called = self.connections.limited("updating a parked event", called).await;
        transaction.checked(called)
    }

    async fn begin_swap(&self, generation: GenerationId) -> Result<SwapAttempt<PgTransaction>, StoreError> {
        swap::analyze(&self.connections.for_scans(), generation).await?;
        self.connections.limited("swapping generations", swap::begin(&self.connections, generation)).await
    }

    async fn swap(
        &self,
        transaction: &mut PgTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Result<(), StoreError> {
        let called = swap::swap(&self.connections, transaction, generation, keep_old);
        let called = self.connections.limited("swapping generations", called).await;
        transaction.checked(called)
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        self.connections
            .limited("abandoning a generation", generations::abandon(&self.connections, generation))
            .await
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        self.connections
            .limited("reviving a generation", generations::revive(&self.connections, generation))
            .await
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        generations::swap_when_ready(&self.connections, generation, swap).await
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        self.connections
            .for_scans()
            .limited("comparing generations", compare::compare(&self.connections, generation))
            .await
    }

    async fn begin_promotion(&self, lease: &Lease) -> Result<Option<(PgTransaction, Position)>, StoreError> {
        self.connections
            .limited("beginning a promotion", inline::begin_promotion(&self.connections, lease))
            .await
    }

    async fn read_rest(
        &self,
        transaction: &mut PgTransaction,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let called = inline::read_rest(&self.connections, transaction, after, filter, limit);
        let called = self.connections.limited("reading the log", called).await;
        transaction.checked(called)
    }

    async fn promote(&self, transaction: &mut PgTransaction, lease: &Lease) -> Result<(), StoreError> {
        let called = inline::promote(&self.connections, transaction, lease);
        let called = self.connections.limited("promoting a projection", called).await;
        transaction.checked(called)
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        self.connections.limited("demoting a projection", inline::demote(&self.connections, generation)).await
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(PgTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        self.connections.limited("appending", inline::begin_append(&self.connections, append, inline)).await
    }

    /// An inline generation is live, and the search path already finds its tables.
    async fn enter(
        &self,
        _transaction: &mut PgTransaction,
        _generation: GenerationId,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn listen(&self) {
        self.listener.listen(&self.connections).await;
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        holders::list(&self.connections).await
    }
}
