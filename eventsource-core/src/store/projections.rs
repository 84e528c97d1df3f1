//! The contract of a store that keeps read models: leases, checkpoints, parked events, and the transaction in
//! which all of that commits with the rows.

mod arc;
mod fault;
mod generation;
mod lease;
mod parked;
mod rows;

use std::time::Duration;

use async_trait::async_trait;

pub use fault::{GenerationFault, TableFault, UnknownName};
pub use generation::{
    Checkpoint, Comparison, Definition, Generation, GenerationId, GenerationRequest, GenerationState,
    ProjectionKind, StartAt, StopReason, Stopped, SwapAttempt, TableDifference,
};
pub use lease::{HorizonHolder, Lease, SupportedProjection, Worker, WorkerId};
pub use parked::{ParkedEvent, ParkedOutcome, ParkedRequest};
pub use rows::{Column, ColumnKind, ReadModelStore, ReadModelTable};

use super::{Append, AppendError, EventStore, LogFilter, LogPage, Receipt, StoreError};
use crate::{Position, ProjectionError, RecordedEvent};

/// A store that read models can be kept in, beside the events.
///
/// A projection is made in *generations*: the live one, which queries read, and while it is being rebuilt a
/// second one beside it. A generation has partitions; each has a checkpoint, and is worked by the one worker
/// that holds its lease.
///
/// A transaction that is dropped MUST be rolled back, or its connection closed. As in [`EventStore`], every
/// method MUST be safe to cancel at any await point.
#[async_trait]
pub trait ProjectionStore: EventStore {
    /// What a projection writes through. The writes, the parked events and the checkpoint commit together.
    type Transaction: Send + 'static;

    /// Opens the transaction in which a generation is made, if one is due: the tables made in it belong to the
    /// generation. `None` if there is nothing to make.
    ///
    /// The first generation of a name is live at once; a later one is building. On [`GenerationRequest::Start`] one is due
    /// if none that is live or building has this version or a later one; on [`GenerationRequest::Rebuild`] if none is
    /// building. A building generation of an earlier version MUST be abandoned with it. Two callers at once
    /// MUST NOT make two: one waits for the other.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, Self::Transaction)>, StoreError>;

    /// Every generation that is not abandoned, ordered by name and id, each with its partitions in order.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn generations(&self) -> Result<Vec<Generation>, StoreError>;

    /// Says that a worker lives, for the length of a lease from now on the store's clock, and which projections
    /// it can work. Answers with all workers that live.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError>;

    /// Takes a partition that nobody holds, or whose holder no longer lives, or that this worker held before.
    /// The epoch rises with every claim, and a lease of an earlier epoch is lost. `None` if another worker
    /// holds it, or it is stopped, or its generation is neither live nor building, or someone is just at it.
    /// It MUST NOT wait for a transaction that is under way.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn claim(
        &self,
        generation: GenerationId,
        partition: u32,
        worker: WorkerId,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives a partition back, so that another worker may claim it at once. Without effect on a lost lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Ends a worker: all it holds can be claimed at once.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Opens a transaction on the tables of the lease's generation, and tells the checkpoint it starts from.
    /// `None` if the lease is lost, the partition is stopped, or the generation was retired or commits with the
    /// events. While the transaction is open, nobody else MUST be able to claim or advance this partition.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    async fn begin(&self, lease: &Lease) -> Result<Option<(Self::Transaction, Position)>, StoreError>;

    /// Moves the checkpoint within the transaction, by this many applied events; clears the last error.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn advance(
        &self,
        transaction: &mut Self::Transaction,
        lease: &Lease,
        position: Position,
        events: u64,
    ) -> Result<(), StoreError>;

    /// Commits. An error MAY mean that it was committed all the same: read the checkpoint again.
    ///
    /// # Errors
    ///
    /// If the connection was lost, or a constraint that was deferred is violated.
    async fn commit(&self, transaction: Self::Transaction) -> Result<(), StoreError>;

    /// Rolls back. An error means that the connection is gone, and the transaction with it.
    ///
    /// # Errors
    ///
    /// If the connection was lost.
    async fn roll_back(&self, transaction: Self::Transaction) -> Result<(), StoreError>;

    /// Whether what a projection failed with is the store's being away, and not the projection's own fault.
    fn is_outage(&self, error: &ProjectionError) -> bool;

    /// Whether what a projection failed with is that another transaction was preferred, such as a deadlock: the
    /// same again will do.
    fn is_contended(&self, error: &ProjectionError) -> bool {
        let _ = error;
        false
    }

    /// Keeps the last error of a partition for all to see; `None` clears it. Without effect on a lost lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError>;

    /// Stops a partition: nobody can claim it until it is resumed. Without effect on a lost lease.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError>;

    /// Lets the stopped partitions of a generation be claimed again; answers how many there were.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError>;

    /// Sets events aside within the transaction.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn park(
        &self,
        transaction: &mut Self::Transaction,
        lease: &Lease,
        events: &[ParkedEvent],
    ) -> Result<(), StoreError>;

    /// The events of a generation that are parked, and those that were discarded, by position.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn parked(&self, generation: GenerationId) -> Result<Vec<ParkedEvent>, StoreError>;

    /// Asks the worker of a parked key to try again, or to discard the first event of the key. Answers whether
    /// there is such a key.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn request_parked(
        &self,
        generation: GenerationId,
        key: &str,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError>;

    /// Settles one parked event within the transaction: it was applied, or is discarded, or failed again. The
    /// request of its key ends when the key fails again, or nothing of it is left; one to discard becomes one to
    /// retry when the event is discarded, so that no other is.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn unpark(
        &self,
        transaction: &mut Self::Transaction,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError>;

    /// Begins to put a building generation in the place of the live one. Within the transaction neither of them
    /// moves, and the building one is at least where the live one is. Short: where it would wait, it gives up
    /// with another [`SwapAttempt`].
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<Self::Transaction>, StoreError>;

    /// Puts the building generation in the place of the live one, for every reader at once when the transaction
    /// commits. The former live one is retired: kept, if asked, or dropped.
    ///
    /// # Errors
    ///
    /// If a lock was not to be had in time ([`StoreError::Cancelled`]), or the store refuses, for example
    /// because a view of the application reads the former table: then [`StoreError::Backend`] says what to do.
    async fn swap(
        &self,
        transaction: &mut Self::Transaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Result<(), StoreError>;

    /// Gives a building or retired generation up, with all its tables.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError>;

    /// Makes a retired generation a building one again: it goes on from its checkpoint, as the way back.
    /// Answers whether it was retired, and no other is building.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError>;

    /// Sets whether a building generation takes the live one's place by itself once it has caught up.
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

    /// As [`begin`](Self::begin), and keeps every append waiting until the transaction ends, so that what is
    /// read of the log meanwhile is all there is. `None` also if the appends under way do not end in time.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(Self::Transaction, Position)>, StoreError>;

    /// As [`read_log`](EventStore::read_log), within the transaction of a promotion. Appends are waiting, and may
    /// keep every connection of the store for that: this MUST NOT need another one.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn read_rest(
        &self,
        transaction: &mut Self::Transaction,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let _ = transaction;
        self.read_log(after, filter, limit).await
    }

    /// Makes the generation commit with the events from the end of this transaction on: every append is then
    /// refused that does not say so, see [`begin_append`](Self::begin_append).
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn promote(&self, transaction: &mut Self::Transaction, lease: &Lease) -> Result<(), StoreError>;

    /// Makes generations that commit with the events follow the log again: their checkpoints are at the end of
    /// what they have seen.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError>;

    /// Appends within a transaction that stays open, for the generations that commit with the events. Answers
    /// also with the events as they are recorded; with none if the append was a repetition.
    ///
    /// # Errors
    ///
    /// As [`append`](EventStore::append); [`AppendError::Inline`] if these are not exactly the generations that
    /// commit with the events.
    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(Self::Transaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError>;

    /// Moves to the tables of a generation that commits with the events, within the transaction of an append.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn enter(
        &self,
        transaction: &mut Self::Transaction,
        generation: GenerationId,
    ) -> Result<(), StoreError>;

    /// Returns when something may have been appended by another process. A hint, which may come late, often or
    /// never; a store that has none waits for ever.
    async fn listen(&self);

    /// Who holds the horizon back, the oldest first.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError>;
}
