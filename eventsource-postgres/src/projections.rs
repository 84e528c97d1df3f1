//! The implementation of `ProjectionStore` on Postgres, which delegates to the modules below.

mod compare;
mod fault;
mod generations;
mod handlers;
mod holders;
mod inline;
mod instances;
mod leases;
mod listen;
mod messages;
mod parked;
mod swap;
mod timers;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use eventsource_core::{
    Position, ProjectionError, RecordedEvent,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, HorizonHolder, Instance, InstanceChange, InstanceQuery, InstanceRequest,
        InstanceState, Lease, LogFilter, LogPage, MessageName, Moment, Outcome, ParkedEvent, ParkedOutcome,
        ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore, Receipt, StopReason, StoreError,
        StoreTransaction, SwapAttempt, Timer, TimerChange, TimerQuery, Worker, WorkerId,
    },
};

pub use fault::ProjectionFault;
pub(crate) use generations::locked_schema;
pub(crate) use listen::{Listener, announce};
pub(crate) use messages::purge_keys;
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

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        leases::claim(&self.connections, &self.liveness, claim).await
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(PgTransaction, Generation)>, StoreError> {
        let called = generations::begin_widening(&self.connections, &self.liveness, generation, types);
        self.connections.limited("widening the event types of a generation", called).await
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        let called = handlers::change(&self.connections, generation, name, partitions, partition_of);
        self.connections.limited("changing an event handler", called).await
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

    async fn begin_swap(&self, generation: GenerationId) -> Result<SwapAttempt<PgTransaction>, StoreError> {
        swap::analyze(&self.connections.for_scans(), generation).await?;
        self.connections.limited("swapping generations", swap::begin(&self.connections, generation)).await
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

    async fn listen(&self) {
        self.listener.listen(&self.connections).await;
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        holders::list(&self.connections).await
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
        let called = instances::request(&self.connections, generation, key, request);
        self.connections.limited("changing a process instance", called).await
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
    ) -> Result<(PgTransaction, Option<Outcome>), StoreError> {
        let called = messages::begin(&self.connections, message);
        self.connections.limited("receiving a message", called).await
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
impl StoreTransaction for PgTransaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = transaction::advance(&connections, self, lease, position, events);
        let called = connections.limited("advancing a checkpoint", called).await;
        self.checked(called)
    }

    async fn commit(self) -> Result<(), StoreError> {
        let connections = self.connections();
        connections.limited("committing", self.commit_now(&connections)).await
    }

    async fn roll_back(self) -> Result<(), StoreError> {
        let connections = self.connections();
        connections.limited("rolling back", self.roll_back_now()).await
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let connections = self.connections();
        let called =
            connections.limited("appending", inline::append(&connections, self, append, inline)).await;
        match called {
            Err(AppendError::Store(error)) => self.checked(Err(error)).map_err(AppendError::Store),
            called => called,
        }
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = parked::park(&connections, self, lease, events);
        let called = connections.limited("parking events", called).await;
        self.checked(called)
    }

    async fn unpark(
        &mut self,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = parked::unpark(&connections, self, lease, event, outcome);
        let called = connections.limited("updating a parked event", called).await;
        self.checked(called)
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = swap::swap(&connections, self, generation, keep_old);
        let called = connections.limited("swapping generations", called).await;
        self.checked(called)
    }

    async fn read_rest(
        &mut self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let connections = self.connections();
        let called = inline::read_rest(&connections, self, after, filter, limit);
        let called = connections.limited("reading the log", called).await;
        self.checked(called)
    }

    async fn promote(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = inline::promote(&connections, self, lease);
        let called = connections.limited("promoting a projection", called).await;
        self.checked(called)
    }

    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = timers::change(&connections, self, lease, changes);
        let called = connections.limited("changing timers", called).await;
        self.checked(called)
    }

    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        let connections = self.connections();
        let called = instances::change(&connections, self, lease, changes);
        let called = connections.limited("recording process instances", called).await;
        self.checked(called)
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = messages::keep(&connections, self, message, outcome);
        let called = connections.limited("keeping an outcome", called).await;
        self.checked(called)
    }
}
