//! The contract of a store of read models: leases, checkpoints, parked events, and the transaction that commits all
//! of these together with the rows.

mod arc;
mod event_types;
mod fault;
mod generation;
mod instances;
mod lease;
mod liveness;
mod outcomes;
mod parked;
mod rows;
mod stop_reason;
mod timers;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;

pub use event_types::{EventTypes, Misfit};
pub use fault::{GenerationFault, OtherVersion, TableFault, UnknownName};
pub use generation::{
    Checkpoint, Comparison, Definition, Generation, GenerationId, GenerationRequest, GenerationState,
    ProjectionKind, StartAt, Stopped, SwapAttempt, TableDifference,
};
pub use instances::{
    Instance, InstanceChange, InstanceCursor, InstanceQuery, InstanceRequest, InstanceState,
};
#[doc(hidden)]
pub use lease::seconds;
pub use lease::{Claim, HorizonHolder, Lease, SupportedProjection, Worker, WorkerId};
pub use liveness::{Heartbeat, Liveness};
pub use outcomes::{MessageName, Outcome};
pub use parked::{ParkedCursor, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection};
pub use rows::{Column, ColumnKind, ReadModelStore, ReadModelTable, ReadModelTransaction};
pub use stop_reason::StopReason;
pub use timers::{Moment, Timer, TimerChange, TimerCursor, TimerId, TimerQuery};
pub use transaction::StoreTransaction;

use super::{Append, AppendError, Capability, EventStore, Receipt, StoreError};
use crate::{Position, ProjectionError, RecordedEvent};

/// The partition of a key.
pub type PartitionOf<'a> = &'a (dyn Fn(&str) -> u32 + Send + Sync);

/// A store that keeps read models next to the events.
///
/// A projection has *generations*: the live one, which queries read, and during a rebuild a second one, which is
/// building. A generation has partitions. Each partition has a checkpoint, and is processed by the one worker that
/// holds its lease.
///
/// What happens within a transaction is the contract of [`StoreTransaction`]. As in [`EventStore`], every method MUST be
/// safe to cancel at any await point.
#[async_trait]
pub trait ProjectionStore: EventStore {
    /// The transaction of a projection.
    type Transaction: StoreTransaction;

    /// Opens the transaction that creates a generation, if one is due: tables created in it belong to the generation.
    /// `None` if no generation is due.
    ///
    /// The first generation of a name is live immediately; a later one is building. On [`GenerationRequest::Start`]
    /// one is due if no live or building generation has this version or a later one; on
    /// [`GenerationRequest::Rebuild`], if none is building. A building generation of an earlier version MUST be
    /// abandoned with it. Two concurrent callers MUST NOT create two generations: one waits for the other.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, Self::Transaction)>, StoreError>;

    /// Every generation, ordered by name and id, each with its partitions in order.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn generations(&self) -> Result<Vec<Generation>, StoreError>;

    /// Opens the transaction with which a program begins to read a generation with further event types. Returns the
    /// generation as it is before; `None` if it was abandoned. Within the transaction no partition of it can be claimed
    /// or advance.
    ///
    /// When it commits, the types of the generation are [widened](EventTypes::widened_by) by these. If that
    /// [has to revoke](EventTypes::has_to_revoke) leases, all leases of the generation are lost with it: each epoch
    /// rises, and no partition has an owner.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(Self::Transaction, Generation)>, StoreError>;

    /// Gives the live generation of an event handler this name and this number of partitions. All its leases are lost:
    /// each epoch rises above those before, and no partition has an owner. If the number of partitions changes, each is at
    /// the lowest position of the former ones and not stopped, and a parked event belongs to the partition that
    /// `partition_of` returns for its key. Within the change no partition can be claimed or advance.
    ///
    /// Without effect if there is no such generation, or another projection has the name; returns whether it changed.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError>;

    /// Records the heartbeat of a worker and what it supports. Returns all live workers: those whose last heartbeat is
    /// not older than their lease. This MUST NOT depend on a clock that can be set; see [`Liveness`].
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError>;

    /// Claims a partition that has no owner, or whose owner is no longer alive, or that this worker owned before. The
    /// epoch rises with every claim, and a lease with an earlier epoch is lost. `None` if another worker owns it, if
    /// it is stopped, if its generation is neither live nor building, or if a transaction is open on it. It MUST NOT
    /// wait for an open transaction. See [`may_claim`](super::rules::leases::may_claim).
    ///
    /// A claim with [`stopped_in`](Claim::stopped_in) is for a partition that is stopped, and ends the stop in the same
    /// step, if it was not claimed since that epoch: otherwise it may have stopped for another reason. The worker that
    /// stopped there may be alive.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError>;

    /// Releases a partition, so that another worker can claim it immediately. Without effect on a lost lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Removes a worker: all partitions that it owns can be claimed immediately.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Opens a transaction on the tables of the lease's generation, and returns the checkpoint from which it starts.
    /// `None` if the lease is lost, the partition is stopped, or the generation was retired or is inline. While the
    /// transaction is open, another worker MUST NOT be able to claim or advance this partition.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    async fn begin(&self, lease: &Lease) -> Result<Option<(Self::Transaction, Position)>, StoreError>;

    /// Whether the error of a projection is an outage of the store, and not an error of the projection itself.
    fn is_outage(&self, error: &ProjectionError) -> bool;

    /// Whether the error of a projection means that another transaction was preferred, as in a deadlock: a retry will
    /// succeed.
    fn is_contended(&self, error: &ProjectionError) -> bool {
        let _ = error;
        false
    }

    /// Stores the last error of a partition, to be read in the status; `None` clears it. Without effect on a lost
    /// lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError>;

    /// Stops a partition: no worker can claim it until it is resumed. Without effect on a lost lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError>;

    /// Lets the stopped partitions of a generation be claimed again, and returns their number.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError>;

    /// A page of the parked and the discarded events of a generation, ordered by position and key.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError>;

    /// The keys of a partition that have a parked event which was not discarded, each once, in any order.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError>;

    /// Requests that the worker of a parked key retries it, or discards its first event; without a key, of each parked
    /// key. It replaces an earlier request. Returns whether there is such a key.
    ///
    /// The event to discard is chosen when the request is stored: if it is applied or discarded before the worker sees
    /// the request, no other event is discarded instead.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError>;

    /// Begins to replace the live generation by a building one. Within the transaction neither of them advances, and
    /// the building one is at the position of the live one or above. It does not wait: where it would have to, it
    /// returns another [`SwapAttempt`].
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<Self::Transaction>, StoreError>;

    /// Abandons a building or retired generation and drops all its tables. Without effect if it does not exist.
    ///
    /// # Errors
    ///
    /// If the generation is live, or the store cannot be written.
    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError>;

    /// Makes a retired generation a building one again: it resumes from its checkpoint, to undo a swap. Returns
    /// whether it was retired and no other generation is building.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError>;

    /// Sets whether a building generation is swapped automatically once it has caught up.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError>;

    /// How the tables of a building generation differ from those of the live one.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError>;

    /// Like [`begin`](Self::begin), but blocks every append until the transaction ends, so that the log is complete
    /// when it is read meanwhile. `None` also if the running appends do not end in time.
    ///
    /// This default implementation, and those of [`demote`](Self::demote) and [`begin_append`](Self::begin_append), are
    /// those of a store without [`Capability::InlineProjections`].
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(Self::Transaction, Position)>, StoreError> {
        let _ = lease;
        Err(no_inline("promotion"))
    }

    /// Makes inline generations follow the log again: their checkpoints are set to the last event that they have
    /// applied.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        let _ = generation;
        Err(no_inline("demotion"))
    }

    /// Appends within a transaction that stays open, for the inline generations. Also returns the recorded events;
    /// none if the append was a repetition.
    ///
    /// # Errors
    ///
    /// Those of [`append`](EventStore::append); [`AppendError::Inline`] if these are not exactly the inline
    /// generations.
    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(Self::Transaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let _ = (append, inline);
        Err(no_inline("append with inline projections").into())
    }

    /// Returns when another process may have appended events. This is a hint: a single one MAY come late, or never, or
    /// without an append, and readers poll as well. It MUST return after appends that continue, whoever makes them.
    async fn listen(&self);

    /// The transactions that hold the horizon back, the oldest first.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError>;

    /// The time of the store, and the end of the log at that time: the time is read first. The store MUST take the time at
    /// which an event was recorded after its position is known.
    ///
    /// This default implementation, and those of the methods below, are those of a store without
    /// [`Capability::Reactions`].
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn moment(&self) -> Result<Moment, StoreError> {
        Err(no_reactions("reading the time"))
    }

    /// The position of the last event at or below this end of the log, [`Position::START`] if there is none. `None` if an
    /// append that is under way may still record an event there. An append that begins later does not.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        let _ = end;
        Err(no_reactions("reading the end of the log"))
    }

    /// A page of the timers of a generation. Finding the first ones of a partition MUST NOT take longer the more timers
    /// there are.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        let _ = (generation, query);
        Err(no_reactions("reading timers"))
    }

    /// Changes a timer outside of the transaction of a lease, for callers that schedule a command. Returns whether there
    /// was a timer with this key and name before. A change to [`Fire`](TimerChange::Fire) removes it only if it still is as
    /// given, and returns whether it was.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        let _ = (generation, partition, change);
        Err(no_reactions("changing a timer"))
    }

    /// A page of the process instances of a generation.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        let _ = (generation, query);
        Err(no_reactions("reading process instances"))
    }

    /// Does what an operator asks of an instance, in its record. Returns whether the request applies to the state that it
    /// is in. It waits for a step of the instance that is being committed.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        let _ = (generation, key, request);
        Err(no_reactions("changing a process instance"))
    }

    /// The ids of the instances of a partition that are suspended, in any order.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn suspended_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<String>, StoreError> {
        let _ = (generation, partition);
        Err(no_reactions("reading process instances"))
    }

    /// Opens a transaction in which nobody else can receive this message, and returns what is kept about it, if it was
    /// received before. It waits for another transaction that has the message open. It is on no generation; its commit MUST
    /// flush.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(Self::Transaction, Option<Outcome>), StoreError> {
        let _ = message;
        Err(no_reactions("receiving a message"))
    }

    /// Removes outcomes of a consumer that were kept longer ago than this, at most `limit` of them, and returns how many.
    /// Those whose id begins with `log/`, which are positions in another log, stay.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let _ = (consumer, older_than, limit);
        Err(no_reactions("purging outcomes"))
    }
}

/// The error of a store without what processes, scheduled commands and inboxes need.
fn no_reactions(action: &'static str) -> StoreError {
    StoreError::Unsupported { action, capability: Capability::Reactions }
}

/// The error of a store without inline projections.
fn no_inline(action: &'static str) -> StoreError {
    StoreError::Unsupported { action, capability: Capability::InlineProjections }
}
