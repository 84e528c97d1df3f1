//! The contract of a transaction in which a projection writes.

use async_trait::async_trait;

#[cfg(doc)]
use super::ProjectionStore;
use super::{
    GenerationId, InstanceChange, InstanceState, Lease, MessageName, ParkedEvent, ParkedOutcome, TimerChange,
};
#[cfg(doc)]
use crate::store::EventStore;
use crate::{
    Position, RecordedEvent,
    store::{Append, AppendError, LogFilter, LogPage, Receipt, StoreError},
};

/// A transaction of a [`ProjectionStore`]. The writes of a projection, its parked events and its checkpoint commit
/// together.
///
/// A transaction that is dropped MUST be rolled back, or its connection closed. Every method MUST be safe to cancel at
/// any await point.
#[async_trait]
pub trait StoreTransaction: Send + Sized + 'static {
    /// Moves the checkpoint within the transaction, counts this many applied events, and clears the last error.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Result<(), StoreError>;

    /// Appends within the transaction of a lease, at most once: the events, the inline generations and the checkpoint
    /// commit together. Also returns the recorded events in the order of their positions; none if nothing was
    /// appended. The rules are those of [`EventStore::append`], and `inline` is as in
    /// [`begin_append`](ProjectionStore::begin_append).
    ///
    /// The commit MUST flush like that of an append, because others act on the events. After an error the transaction
    /// cannot be committed. Appends of others may wait until the transaction ends, so it is called last.
    ///
    /// # Errors
    ///
    /// Those of [`begin_append`](ProjectionStore::begin_append), but not
    /// [`AppendError::OutcomeUnknown`]; [`StoreError::Contended`] if another append won, and the append has to be
    /// decided again.
    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError>;

    /// Parks events within the transaction.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Result<(), StoreError>;

    /// Records the outcome of one parked event within the transaction: it was applied, is discarded, or failed again.
    /// The request of its key ends when the key fails again or has no parked event left.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn unpark(
        &mut self,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError>;

    /// Replaces the live generation by the building one, for all readers when the transaction commits. The former
    /// live one is retired: it is kept if requested, and dropped otherwise.
    ///
    /// # Errors
    ///
    /// If a lock could not be acquired in time ([`StoreError::Cancelled`]), or the store refuses, for example because
    /// a view of the application reads the former table: then [`StoreError::Backend`] says what to do.
    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Result<(), StoreError>;

    /// Makes the generation inline from the end of this transaction on. Every append that does not name it is then
    /// refused, see [`begin_append`](ProjectionStore::begin_append). The default implementation is that of a store without
    /// [`Capability::InlineProjections`](crate::store::Capability::InlineProjections).
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn promote(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let _ = lease;
        Err(super::no_inline("promotion"))
    }

    /// Like [`read_log`](EventStore::read_log), within the transaction of a promotion or a widening. During a promotion
    /// appends are blocked and may hold every connection of the store: this MUST NOT need another connection.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn read_rest(
        &mut self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError>;

    /// Switches to the tables of an inline generation, within the transaction of an append. Without effect where an
    /// inline generation is live under its own names, as tables of a database are.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn enter(&mut self, generation: GenerationId) -> Result<(), StoreError> {
        let _ = generation;
        Ok(())
    }

    /// Changes timers within the transaction of a lease, in this order. A timer that is to [fire](TimerChange::Fire) and is
    /// not as it is given is a [`StoreError::Contended`]: nothing is committed.
    ///
    /// The default implementations of this and of the next two methods are those of a store without
    /// [`Capability::Reactions`](crate::store::Capability::Reactions).
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Result<(), StoreError> {
        let _ = (lease, changes);
        Err(super::no_reactions("changing timers"))
    }

    /// Records the steps of process instances within the transaction of a lease, each instance once. An instance without a
    /// record gets one, unless the change only ignores. Returns the ids of those that are suspended or aborted, each with that state, whose
    /// records stay as they are, except that ignored inputs are counted; if the step of such an instance did anything, the
    /// caller rolls back.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        let _ = (lease, changes);
        Err(super::no_reactions("recording process instances"))
    }

    /// Keeps the outcome of a message, as JSON, within the transaction in which it was
    /// [received](ProjectionStore::begin_message).
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Result<(), StoreError> {
        let _ = (message, outcome);
        Err(super::no_reactions("keeping an outcome"))
    }

    /// Commits. After an error the transaction MAY be committed nevertheless: read the checkpoint again.
    ///
    /// # Errors
    ///
    /// If the connection was lost, or a deferred constraint is violated.
    async fn commit(self) -> Result<(), StoreError>;

    /// Rolls back. An error means that the connection was lost, and the transaction with it.
    ///
    /// # Errors
    ///
    /// If the connection was lost.
    async fn roll_back(self) -> Result<(), StoreError>;
}
