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
mod instances;
mod leases;
mod listen;
mod messages;
mod names;
mod parked;
mod setup;
mod state;
mod swap;
mod timers;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use eventsource_core::{
    Position, ProjectionError, RecordedEvent, Timestamp,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, HorizonHolder, Instance, InstanceChange, InstanceQuery, InstanceRequest,
        InstanceState, Lease, LogFilter, LogPage, MessageName, Moment, Outcome, ParkedEvent, ParkedOutcome,
        ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore, Receipt, StopReason, StoreError,
        StoreTransaction, SwapAttempt, Timer, TimerChange, TimerQuery, Worker, WorkerId,
    },
};

pub use fault::ProjectionFault;
pub(crate) use messages::purge_keys;
pub(crate) use names::{Object, is_reserved, note, prefixed_name, renamed};
pub(crate) use state::ProjectionsState;
pub use transaction::SqliteTransaction;

use crate::{SqliteStore, connections::Flush, error};

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

    async fn moment(&self) -> Result<Moment, StoreError> {
        timers::moment(&self.connections).await
    }

    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        timers::settled(&self.connections, end).await
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        timers::list(&self.connections, generation, query).await
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        timers::change_one(&self.connections, generation, partition, change).await
    }

    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        instances::list(&self.connections, generation, query).await
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        instances::request(&self.connections, generation, key, request).await
    }

    async fn suspended_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<String>, StoreError> {
        instances::suspended(&self.connections, generation, partition).await
    }

    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(SqliteTransaction, Option<Outcome>), StoreError> {
        messages::begin(&self.connections, &self.projections, message).await
    }

    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        messages::purge(&self.connections, consumer, older_than, limit).await
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

    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Result<(), StoreError> {
        timers::change(self, lease, changes).await
    }

    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        instances::change(self, lease, changes).await
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Result<(), StoreError> {
        messages::keep(self, message, outcome).await
    }
}
