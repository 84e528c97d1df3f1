//! The projection contract on SQLite; each method delegates to a file of its topic.
//!
//! One transaction writes at a time, so the order of transactions does what locks do on PostgreSQL. Leases and epochs
//! are stored in the file nevertheless: several processes may share it.

mod building;
mod compare;
mod fault;
mod generations;
mod handlers;
mod inline;
mod leases;
mod listen;
mod names;
mod parked;
mod setup;
mod swap;
mod transaction;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use async_trait::async_trait;
use eventsource_core::{
    Position, ProjectionError, RecordedEvent, Timestamp,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, Heartbeat, HorizonHolder, Lease, Liveness, LogFilter, LogPage, ParkedEvent,
        ParkedOutcome, ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore, Receipt, StopReason,
        StoreError, StoreTransaction, SwapAttempt, Worker, WorkerId,
    },
};

pub use fault::ProjectionFault;
pub(crate) use names::{Object, is_reserved, note, prefixed_name, renamed};
pub use transaction::SqliteTransaction;

use crate::{SqliteStore, connections::Flush, error};

/// The state that the projections of one store share in this process.
#[derive(Debug, Default)]
pub(crate) struct ProjectionsState {
    /// Held while a projection waits for or uses the connection that writes, so that only one of them is queued for it.
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Building generations that were found to write with SQL statements of their own.
    by_name: Mutex<HashSet<GenerationId>>,
    /// Whether a generation has effects outside the store, for the generations where this is known.
    outside_effects: Mutex<HashMap<GenerationId, bool>>,
    /// Which workers are alive.
    liveness: Liveness,
    /// Workers that wait for the connection that writes, to record a heartbeat.
    pending_heartbeats: Mutex<Vec<WorkerId>>,
    /// The last position that was announced.
    announced: AtomicU64,
}

impl ProjectionsState {
    fn mark_by_name(&self, generation: GenerationId) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).insert(generation);
    }

    fn note_reach(&self, generation: GenerationId, outside: bool) {
        self.outside_effects.lock().unwrap_or_else(PoisonError::into_inner).insert(generation, outside);
    }

    /// Rows and checkpoint commit together, and after the events that they are folded from: a loss of power can only
    /// lose both, and then the events are applied again. Effects outside the store must not be repeated needlessly, so
    /// their commits wait for the disk.
    fn flush(&self, generation: GenerationId) -> Flush {
        let known = self.outside_effects.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&generation) {
            Some(false) => Flush::Later,
            Some(true) | None => Flush::AsConfigured,
        }
    }

    fn is_by_name(&self, generation: GenerationId) -> bool {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).contains(&generation)
    }
}

/// A worker that waits to record its heartbeat counts as alive.
struct PendingHeartbeat<'a>(&'a ProjectionsState, WorkerId);

impl Drop for PendingHeartbeat<'_> {
    fn drop(&mut self) {
        let mut pending_heartbeats = self.0.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = pending_heartbeats.iter().position(|worker| *worker == self.1) {
            pending_heartbeats.swap_remove(at);
        }
    }
}

impl ProjectionsState {
    fn pend_heartbeat(&self, worker: WorkerId) -> PendingHeartbeat<'_> {
        self.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        PendingHeartbeat(self, worker)
    }

    fn lives(&self, worker: WorkerId) -> bool {
        self.has_pending_heartbeat(worker) || self.liveness.lives(worker)
    }

    /// As [`Liveness::judge`].
    fn judge(&self, generations: &mut [Generation], heartbeats: &[Heartbeat]) {
        self.liveness.judge(generations, heartbeats);
        for checkpoint in generations.iter_mut().flat_map(|generation| &mut generation.checkpoints) {
            checkpoint.owner_lives |= checkpoint.owner.is_some_and(|owner| self.has_pending_heartbeat(owner));
        }
    }

    /// The dead workers, each with the count of its last heartbeat.
    fn dead(&self) -> Vec<(WorkerId, u64)> {
        let dead = self.liveness.dead().into_iter();
        dead.filter(|(worker, _)| !self.has_pending_heartbeat(*worker)).collect()
    }

    fn has_pending_heartbeat(&self, worker: WorkerId) -> bool {
        self.pending_heartbeats.lock().unwrap_or_else(PoisonError::into_inner).contains(&worker)
    }
}

/// The time of this machine's clock, which all processes that share a file use.
fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

#[async_trait]
impl ProjectionStore for SqliteStore {
    type Transaction = SqliteTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, SqliteTransaction)>, StoreError> {
        generations::begin(&self.connections, &self.projections, definition, request).await
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        generations::list(&self.connections, &self.projections).await
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        leases::heartbeat(&self.connections, &self.projections, worker, lease).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        leases::claim(&self.connections, &self.projections, claim).await
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(SqliteTransaction, Generation)>, StoreError> {
        generations::begin_widening(&self.connections, &self.projections, generation, types).await
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        handlers::change(&self.connections, generation, name, partitions, partition_of).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        leases::release(&self.connections, lease).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        leases::leave(&self.connections, worker).await
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(SqliteTransaction, Position)>, StoreError> {
        let flush = self.projections.flush(lease.generation);
        transaction::begin(&self.connections, &self.projections, lease, "beginning a batch", flush).await
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

    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<SqliteTransaction>, StoreError> {
        swap::begin(&self.connections, &self.projections, generation).await
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        generations::abandon(&self.connections, generation).await
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        generations::revive(&self.connections, generation).await
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        generations::swap_when_ready(&self.connections, generation, swap).await
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        compare::compare(&self.connections, generation).await
    }

    /// Appends wait for every transaction, so a promotion needs no special one.
    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(SqliteTransaction, Position)>, StoreError> {
        const ACTION: &str = "beginning a promotion";
        transaction::begin(&self.connections, &self.projections, lease, ACTION, Flush::AsConfigured).await
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        inline::demote(&self.connections, generation).await
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(SqliteTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        inline::begin_append(&self.connections, &self.projections, append, inline).await
    }

    async fn listen(&self) {
        listen::listen(&self.connections, &self.projections).await;
    }

    /// The log is final up to its last event: nothing holds the horizon back.
    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl StoreTransaction for SqliteTransaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Result<(), StoreError> {
        transaction::advance(self, lease, position, events).await
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.commit_now().await
    }

    async fn roll_back(self) -> Result<(), StoreError> {
        self.roll_back_now().await
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        inline::append(self, append, inline).await
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Result<(), StoreError> {
        parked::park(self, lease, events).await
    }

    async fn unpark(
        &mut self,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError> {
        parked::unpark(self, lease, event, outcome).await
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Result<(), StoreError> {
        swap::swap(self, generation, keep_old).await
    }

    async fn read_rest(
        &mut self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        inline::read_rest(self, after, filter, limit).await
    }

    async fn promote(&mut self, lease: &Lease) -> Result<(), StoreError> {
        inline::promote(self, lease).await
    }
}
