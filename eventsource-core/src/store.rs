//! The contract every store fulfils, in types and in words. The suite `eventsource-conformance` is the same
//! contract as tests, and every store passes all of it.

mod append;
mod dependent_appends;
mod error;
mod import;
mod interner;
mod projections;
mod read;
mod shared_error;

use std::sync::Arc;

use async_trait::async_trait;

pub use append::{Append, ExpectedVersion, InvalidAppend, NewEvent, Receipt, StreamAppend};
pub use dependent_appends::DependentAppends;
pub(crate) use dependent_appends::VersionsDue;
pub use error::{AppendError, BoxError, StoreError};
pub use import::{ImportError, ImportEvent, ImportFault, Imported, InvalidPayload};
pub use interner::Interner;
pub use projections::{
    Checkpoint, Column, ColumnKind, Comparison, Definition, Generation, GenerationFault, GenerationId,
    GenerationRequest, GenerationState, HorizonHolder, Lease, ParkedEvent, ParkedOutcome, ParkedRequest,
    ProjectionKind, ProjectionStore, ReadModelStore, ReadModelTable, StartAt, StopReason, Stopped,
    SupportedProjection, SwapAttempt, TableDifference, TableFault, UnknownName, Worker, WorkerId,
};
pub use read::{Direction, HistoryVisitor, LogFilter, LogPage, StoredType};

pub use crate::snapshot::{SnapshotForm, StoredSnapshot};
use crate::{Position, RecordedEvent, Snapshot, StreamId, Version};

/// Where events are kept: streams with optimistic concurrency, and one log of all of them.
///
/// The words MUST and SHOULD are meant as in RFC 2119. Every method MUST be safe to cancel at any await
/// point: a dropped future leaves no transaction open, loses nothing that was acknowledged, and an append is
/// then either stored whole or not at all.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Appends to one stream or several, all or nothing, and answers with one receipt per stream in the order
    /// given.
    ///
    /// - It MUST check every expected version and store the events in one atomic step, and number them from
    ///   the stream's version without gaps.
    /// - It MUST refuse what [`Append::validate`] refuses, before anything else.
    /// - A stream that was given no events MUST be checked too; its receipt is the stream as it stands.
    /// - When the idempotency key was used before on these streams, or all the event ids are stored in these
    ///   streams already, it MUST append nothing and answer with the first receipts, whatever versions are
    ///   expected: an append whose outcome was unknown can be repeated as it is. The receipt of a stream that
    ///   was given no events is then the stream as it stands, unless a key keeps its first one.
    /// - A key that was used on some of the streams only, and event ids of which some are stored already or
    ///   belong to other streams, MUST be refused.
    /// - A receipt MUST NOT be given before the events would survive a crash, as far as the store is durable.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] names the first stream whose version is not the expected one, and the
    /// version it has.
    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError>;

    /// Appends one after the other: as if each was given to [`append`](Self::append) once the one before it was
    /// answered, with an outcome for each. By default that is what is done; a store that can SHOULD commit them
    /// together, because a receipt costs it as much as many.
    ///
    /// - An append that expects the version which one before it leaves MUST see it. When that one was not stored, or
    ///   its key had been used, it MUST be in conflict even if somebody else has brought the stream to that version,
    ///   unless it was stored before: it was decided on other events. [`DependentAppends`] keeps account of that. Otherwise
    ///   what becomes of one MUST NOT depend on the others.
    /// - Of appends to the same stream, later ones MUST NOT be stored without the earlier ones that were stored, nor
    ///   at lower positions, also if the future is dropped.
    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut dependent = DependentAppends::new();
        for append in appends {
            outcomes.push(dependent.append(append, |append| self.append(append)).await);
        }
        outcomes
    }

    /// Stores events of a history that was written elsewhere, all or nothing, in the order given: that of the
    /// log. What is stored already is passed over, so that an import whose end is unknown can be repeated as it
    /// is.
    ///
    /// - It MUST refuse what [`ImportEvent::validate`] refuses, before anything else.
    /// - An event is stored already if its stream has an event of its id, type and schema version, at its version if
    ///   it has one. The id of any other event MUST be refused.
    /// - Any other event MUST get the version that follows on from its stream, with what is stored by this call.
    ///   One that has another version MUST be refused, as a gap or as a conflict.
    /// - An event that is stored already MUST be refused where one before it in the same stream is not: their
    ///   order could not be kept.
    /// - Id, payload, metadata and, to the microsecond, the time of an event MUST be kept; without a time it is
    ///   stamped as an append is.
    /// - What [`read_log`](Self::read_log) promises to readers MUST hold beside it, and it SHOULD keep them
    ///   waiting no longer than it takes to store what is on the server already.
    /// - It MUST refuse to store anything while projections commit with the events.
    ///
    /// By default a store has no import.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] names the first event, in the order given, that cannot be stored.
    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        let _ = events;
        Err(ImportError::Unsupported)
    }

    /// The receipt of the append that used this idempotency key on this stream, if there was one. A key that
    /// no append could use was never used.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError>;

    /// Reads at most `limit` events of one stream, forwards or backwards; fewer only at the stream's end. A
    /// stream without events reads as empty.
    ///
    /// It MUST include every append that was acknowledged before the call.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Hands out the events of one stream after a version, oldest first, as they come, each with its version. They are
    /// what an aggregate is made of: a store that can SHOULD read no more of them than decoding takes, and neither
    /// collect nor copy them. By default they are read with [`read_stream`](Self::read_stream).
    ///
    /// - Each event MUST be handed out once, and none before those of lower versions, also where a lost connection is
    ///   replaced in the middle.
    /// - It MUST include every append that was acknowledged before the call.
    /// - It MUST end, without an error, after an event for which `each` breaks.
    /// - A panic of `each` MUST reach the caller, and leave the store usable.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked, or not to the end. What was handed out before is right all the same.
    async fn read_history(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        read::history(self, stream, after, visitor).await
    }

    /// Reads at most `limit` events of the log above a position, in order of position, and up to the horizon
    /// only: no event MUST ever appear later at or below a horizon that was handed out, so a reader that
    /// continues after [`LogPage::horizon`] sees every event once, and each stream in order.
    ///
    /// A page MUST end with the event by which its payloads come to [`LogPage::BYTES`], whatever the limit:
    /// what is read has a bound in memory, however large events become.
    ///
    /// Events that the filter excludes still move the horizon. While no append is under way, the horizon of
    /// the last page MUST be at the last event of the log or above: what fails holds nothing back.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError>;

    /// The newest snapshot of a stream, and whether the stream has the event that it was made at. This is on the
    /// path of every load: it SHOULD take one round trip.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError>;

    /// Keeps a snapshot in place of the stream's last one. It MUST NOT replace a newer one of the same form, unless
    /// the stream did not have the event that the newer one was made at when this was called.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError>;

    /// Every event type and schema version in the log with the number of its events, and up to `samples` of
    /// them each, at least one, spread over the log. Ordered by type, byte for byte, and version. It reads the
    /// whole log.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError>;

    /// Tells readers in other processes that something was appended. A hint: it MUST NOT make the append
    /// slower, and nobody relies on it. By default nobody is told.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    async fn announce(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A shared store is a store, `Arc<dyn EventStore>` among them.
#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Arc<S> {
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
}
