//! The contract that every store fulfils, as traits with documented requirements. The suite `eventsource-conformance`
//! tests the same contract, and every store passes all of it. What a store has to decide is decided in [`rules`].

mod append;
mod capability;
mod dependent_appends;
mod error;
mod import;
mod interner;
mod projections;
mod read;
mod request;
pub mod rules;
mod shared_error;
mod unreadable;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

pub use append::{Append, ExpectedVersion, InvalidAppend, NewEvent, Receipt, StreamAppend};
pub use capability::{Capabilities, Capability};
pub use dependent_appends::DependentAppends;
pub use error::{AppendError, BoxError, StoreError};
pub use import::{ImportError, ImportEvent, ImportFault, Imported, InvalidPayload};
pub use interner::Interner;
#[doc(hidden)]
pub use projections::seconds;
pub use projections::{
    Checkpoint, Claim, Column, ColumnKind, Comparison, Definition, EventTypes, Generation, GenerationFault,
    GenerationId, GenerationRequest, GenerationState, Heartbeat, HorizonHolder, Instance, InstanceChange,
    InstanceCursor, InstanceQuery, InstanceRequest, InstanceState, Lease, Liveness, MessageName, Misfit,
    Moment, OtherVersion, Outcome, ParkedCursor, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest,
    ParkedSelection, PartitionOf, ProjectionKind, ProjectionStore, ReadModelStore, ReadModelTable,
    ReadModelTransaction, StartAt, StopReason, Stopped, StoreTransaction, SupportedProjection, SwapAttempt,
    TableDifference, TableFault, Timer, TimerChange, TimerCursor, TimerId, TimerQuery, UnknownName, Worker,
    WorkerId,
};
pub use read::{Direction, HistoryVisitor, LogFilter, LogPage, StoredType};
pub use request::Request;
pub use unreadable::UnreadableEvent;

pub use crate::shown::{Escaped, value_in_error};
pub use crate::snapshot::{SnapshotForm, StoredSnapshot};
use crate::{EventContext, Position, RecordedEvent, Snapshot, StreamId, Version};

/// Where events are kept: streams with optimistic concurrency, and one log of all of them.
///
/// The words MUST and SHOULD have the meaning of RFC 2119. Every method MUST be safe to cancel at any await point: a
/// dropped future leaves no transaction open and loses nothing that was acknowledged, and its append is stored either
/// whole or not at all.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// What this store can do. It MUST NOT change while the store is open. The store MUST refuse what it does not declare,
    /// as each [`Capability`] says.
    fn capabilities(&self) -> Capabilities;

    /// Appends to one or several streams, all or nothing, and returns one receipt per stream in the order given.
    ///
    /// - It MUST check every expected version and store the events in one atomic step, and number them from
    ///   the stream's version without gaps.
    /// - It MUST refuse every append that [`Append::validate`] refuses, before it checks anything else.
    /// - The version of a stream without new events MUST be checked too. Its receipt has the stream's current
    ///   version.
    /// - If the idempotency key was used before on these streams, or all the event ids are stored in these streams
    ///   already, it MUST append nothing and return the first receipts, whatever versions are expected: an append
    ///   with an unknown outcome can be repeated unchanged. The receipt of a stream without new events then has the
    ///   stream's current version, unless a key keeps its first receipt.
    /// - The receipts of an append under a key MUST have the [`Request`] of the append, and those of a repetition the
    ///   request of the first append under the key, whatever the repetition's request is: the caller compares them.
    /// - It MUST refuse a key that was used on only some of the streams, and event ids of which some are stored
    ///   already or belong to other streams.
    /// - A durable store MUST NOT return a receipt before the events would survive a crash.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] names the first stream whose version is not the expected one, and the
    /// version it has.
    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError>;

    /// Appends one after the other, as if each were passed to [`append`](Self::append) after the previous one had
    /// returned, with an outcome for each. The default implementation does just that. A store that can SHOULD use a
    /// group commit, because many appends then cost as much as one.
    ///
    /// - An append that expects the version which an earlier one produces MUST see that version. If the earlier
    ///   append was not stored, or its key had been used, the later one MUST be a conflict even if another process
    ///   has brought the stream to that version, unless the later one was stored before: it was decided on other
    ///   events. [`DependentAppends`] tracks this. Apart from that, the outcome of one append MUST NOT depend on the
    ///   others.
    /// - Of several appends to the same stream, a later one MUST NOT be stored without the earlier ones that succeed,
    ///   nor at lower positions, even if the future is dropped.
    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut dependent = DependentAppends::new();
        for append in appends {
            outcomes.push(dependent.append(append, |append| self.append(append)).await);
        }
        outcomes
    }

    /// Stores events of an existing history, all or nothing, in the order given, which is the order of the log.
    /// Events that are stored already are skipped, so that an import with an unknown outcome can be repeated
    /// unchanged.
    ///
    /// - It MUST refuse every event that [`ImportEvent::validate`] refuses, before it checks anything else.
    /// - An event is stored already if its stream has an event with its id, type and schema version, and with its
    ///   version if it has one. It MUST refuse any other event whose id is in use.
    /// - Any other event MUST get the next version of its stream, counting the events stored by this call. An event
    ///   that asks for another version MUST be refused, as a gap or as a conflict.
    /// - It MUST refuse an event that is stored already if an earlier event of the same stream in the import is not:
    ///   their order could not be kept.
    /// - It MUST keep the id, payload and metadata of an event, and its time to the microsecond. An event without a
    ///   time gets the time of the store, as in an append.
    /// - The promises that [`read_log`](Self::read_log) makes to readers MUST hold during an import. Readers SHOULD
    ///   be blocked no longer than it takes to store the data that has already reached the server.
    /// - It MUST refuse to store anything while projections are inline.
    ///
    /// The default implementation is that of a store without [`Capability::Import`].
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] names the first event, in the order given, that cannot be stored.
    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        let _ = events;
        Err(ImportError::Unsupported)
    }

    /// The receipt of the append that used this idempotency key on this stream, with its request, if there was one.
    /// There is none for a key that no append could use.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError>;

    /// Reads at most `limit` events of one stream, forwards or backwards; fewer only at the stream's end. A
    /// stream without events reads as empty.
    ///
    /// It MUST include every append that was acknowledged before the call.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Passes the events of one stream after a version to `each`, oldest first, as they arrive, each with its
    /// version. Aggregates are loaded from them: a store that can SHOULD read only the parts of an event that
    /// decoding needs, and neither collect nor copy the events. The default implementation uses
    /// [`read_stream`](Self::read_stream).
    ///
    /// - Each event MUST be passed once, and after all events of lower versions, even if a lost connection is
    ///   replaced in the middle.
    /// - It MUST include every append that was acknowledged before the call.
    /// - It MUST end, without an error, after an event for which `each` returns `Break`.
    /// - A panic of `each` MUST reach the caller and leave the store usable.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or not to the end. The events passed before the error are valid.
    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        read::history(self, stream, after, visitor).await
    }

    /// Reads at most `limit` events of the log above a position, in order of position, and only up to the horizon. An
    /// event MUST NOT appear later at or below a horizon that was returned, so a reader that continues after
    /// [`LogPage::horizon`] sees every event once, and each stream in order.
    ///
    /// A page MUST end with the event whose payload brings the total to [`LogPage::BYTES`], whatever the limit: the
    /// memory for a page is bounded, however large events become.
    ///
    /// Events that the filter excludes still move the horizon. While no append is running, the horizon of the last
    /// page MUST be at the last event of the log or above: a failed append does not hold it back.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError>;

    /// Reads at most `limit` events of a correlation above a position, in order of position, without their payloads: the
    /// events that have this correlation id, and the event whose own id it is, which is the origin of the others if it has
    /// no correlation id. Fewer only at the end.
    ///
    /// - It MUST include every event at or below the horizon. A store that can SHOULD include every append that was
    ///   acknowledged before the call, too, as a read of a stream does.
    /// - The time it takes SHOULD depend on the number of events of the correlation, and not on that of the log. The
    ///   default implementation reads the whole log.
    ///
    /// # Errors
    ///
    /// If the store cannot be read. [`StoreError::MissingIndex`] if the index for it was dropped.
    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<EventContext>, StoreError> {
        read::correlated(self, correlation, after, limit).await
    }

    /// The newest snapshot of a stream, and whether the stream has the event that it was made at. This is on the
    /// path of every load: it SHOULD take one round trip.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError>;

    /// Stores a snapshot. It replaces the stream's previous one, but MUST NOT replace a newer one of the same form,
    /// unless the stream did not have the event that the newer one was made at when this was called.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError>;

    /// Every category, event type and schema version in the log with its number of events, and up to `samples` events of
    /// each, at least one; all of them, if there are no more than `samples`. The list is ordered by category and type,
    /// byte for byte, and version. The whole log is read.
    ///
    /// The samples MUST be chosen at random at each call, so that no event is left out each time. A store MAY return no
    /// more than 1,000 of each.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError>;

    /// Notifies readers in other processes that something was appended. This is a hint: it MUST NOT make the append
    /// slower, and no reader relies on it. The default implementation does nothing.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached.
    async fn announce(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets idempotency keys that were used longer ago than this, at most `limit` of them, and returns how many. Appends
    /// go on meanwhile. A command that is repeated later than that is executed again.
    ///
    /// The default implementation is that of a store without [`Capability::Reactions`].
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        let _ = (older_than, limit);
        let (action, capability) = ("purging idempotency keys", Capability::Reactions);
        Err(StoreError::Unsupported { action, capability })
    }
}

/// A shared store is a store, `Arc<dyn EventStore>` among them.
#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    fn capabilities(&self) -> Capabilities {
        S::capabilities(self)
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        S::append(self, append).await
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        S::append_each(self, appends).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        S::import(self, events).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        S::find_receipt(self, stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        S::read_stream(self, stream, direction, limit).await
    }

    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        S::read_history(self, stream, after, visitor).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        S::read_log(self, after, filter, limit).await
    }

    async fn read_correlated(
        &self,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<EventContext>, StoreError> {
        S::read_correlated(self, correlation, after, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        S::load_snapshot(self, stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        S::save_snapshot(self, snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        S::stored_types(self, samples).await
    }

    async fn announce(&self) -> Result<(), StoreError> {
        S::announce(self).await
    }

    async fn purge_idempotency_keys(&self, older_than: Duration, limit: usize) -> Result<u64, StoreError> {
        S::purge_idempotency_keys(self, older_than, limit).await
    }
}
