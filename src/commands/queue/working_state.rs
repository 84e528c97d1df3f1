//! The in-memory state of an aggregate between two commands.

use std::{any, error::Error, mem};

use eventsource_core::engine::is_first_fault;

use super::pending::QueueStatus;
use crate::{
    Aggregate, DecodeError, EventContext, EventSet, Position, ReadError, Recorded, RecordedEvent, Snapshot,
    SnapshotError, StoredEvent, StreamId, Timestamp, Version,
    commands::{load, load::Loaded},
    store::{EventStore, NewEvent},
};

/// An epoch that no queue is in.
const EXPIRED: u64 = u64::MAX;

/// The state that the next command is handled on. It may be speculative: later than what is stored.
pub(in crate::commands) struct WorkingState<A: Aggregate> {
    loaded: Loaded<A>,
    /// The last events produced. They are not applied yet, because their append may fail, and then the state is
    /// correct without them.
    sent: Vec<A::Event>,
    /// The version after these events.
    version: Version,
    /// Whether events were applied whose append may still fail.
    is_speculative: bool,
    /// The number of the last command that had arrived when the store was read, if no event was produced since.
    read_through: Option<u64>,
    /// The epoch of the queue in which this state is valid.
    epoch: u64,
    /// The weight of the state, without the events that are not applied yet.
    weight: usize,
}

/// How exclusive access ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All events produced are stored.
    Stored,
    /// Nothing was appended, and the state is still valid.
    Discarded,
    /// The append failed: the state may be older than the store's.
    Failed,
}

/// A state in the cache, while the aggregate has no queue.
pub(in crate::commands) struct CachedState<A: Aggregate> {
    loaded: Loaded<A>,
    sent: Vec<A::Event>,
    version: Version,
    weight: usize,
    /// The first epoch of the next queue, or [`EXPIRED`] if the store is known to hold something newer.
    epoch: u64,
}

impl<A: Aggregate> CachedState<A> {
    pub(in crate::commands) fn weight(&self) -> usize {
        self.weight
    }
}

impl<A: Aggregate> WorkingState<A> {
    /// The state for the next command: the present state if it is valid, the present state with the new events if
    /// it is outdated, or a newly loaded state.
    pub(super) async fn at<S: EventStore + ?Sized>(
        working: Option<Self>,
        status: QueueStatus,
        store: &S,
        stream: &StreamId,
    ) -> Result<Self, ReadError> {
        let loaded = match working {
            Some(working) if working.is_current(status) => {
                return Ok(Self { read_through: None, ..working.applied(status) });
            }
            Some(Self { mut loaded, is_speculative: false, .. }) => {
                let before = loaded.version;
                loaded.catch_up(store).await?;
                // A conflict without new events: the stream is not the same as before.
                if loaded.version == before { load::current(store, stream.clone()).await? } else { loaded }
            }
            Some(_) | None => load::current(store, stream.clone()).await?,
        };
        let (version, weight) = (loaded.version, loaded.state.weight());
        let (is_speculative, read_through, epoch) = (false, Some(u64::MAX), status.epoch);
        Ok(Self { loaded, sent: Vec::new(), version, is_speculative, read_through, epoch, weight })
    }

    /// For a state that was loaded when this was the last command that had arrived.
    pub(super) fn read_through(self, last_arrival: u64) -> Self {
        Self { read_through: self.read_through.map(|_| last_arrival), ..self }
    }

    /// Whether no append has failed that this state depends on.
    pub(super) fn is_current(&self, status: QueueStatus) -> bool {
        self.epoch == status.epoch
    }

    /// With the last events applied, if no append is pending and none has failed.
    pub(super) fn with_stored(self, status: QueueStatus) -> Self {
        let is_stored = self.epoch == status.epoch && !status.is_busy;
        if is_stored && self.has_sent() { self.applied(status) } else { self }
    }

    /// With the last events applied.
    pub(super) fn applied(mut self, status: QueueStatus) -> Self {
        self.read_through = self.read_through.filter(|_| !self.has_sent());
        self.is_speculative = status.is_busy && (self.is_speculative || self.has_sent());
        self.apply();
        self
    }

    /// Compares versions, because the events sent may decode to no events at all.
    fn has_sent(&self) -> bool {
        self.version != self.loaded.version
    }

    fn apply(&mut self) {
        for event in mem::take(&mut self.sent) {
            self.loaded.state.apply(event);
        }
        self.loaded.version = self.version;
        self.weight = self.loaded.state.weight();
    }

    pub(super) fn state(&self) -> &A {
        &self.loaded.state
    }

    pub(super) fn version(&self) -> Version {
        self.loaded.version
    }

    /// Whether the store was read after this command arrived, and no event was produced since.
    pub(super) fn is_fresh(&self, arrival: u64) -> bool {
        self.read_through.is_some_and(|last_arrival| arrival <= last_arrival)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The event as it will be read, for an event that cannot be decoded without its context or not at all.
    fn with_context(&self, version: Version, event: &NewEvent) -> RecordedEvent {
        let context = EventContext {
            stream: self.loaded.stream.clone(),
            version,
            position: Position::START,
            id: event.id,
            event_type: (&*event.event_type).into(),
            schema_version: event.schema_version,
            metadata: event.metadata.clone(),
            recorded_at: Timestamp::now(),
        };
        Recorded { context, event: event.payload.get().into() }
    }

    /// Records the events of a command, and returns the snapshot to be written after them, if any.
    ///
    /// The events are decoded from the form in which they will be stored: the state must be the same whether it
    /// was cached or loaded. So an event that does not round-trip is not appended.
    pub(super) fn decided(&mut self, events: &[NewEvent]) -> Result<Option<Snapshot>, DecodeError> {
        let mut version = self.loaded.version;
        let mut sent = Vec::new();
        for event in events {
            version = version.next();
            let stored = StoredEvent::new(&event.event_type, event.schema_version, event.payload.get());
            match A::Event::decode(stored) {
                Ok(events) => sent.extend(events),
                Err(_) => sent
                    .extend(self.with_context(version, event).decode::<A::Event>()?.map(|sent| sent.event)),
            }
        }
        let before = self.version;
        (self.sent, self.version) = (sent, version);
        let Some(codec) = A::snapshots() else { return Ok(None) };
        let passed = before.get() / codec.every != version.get() / codec.every;
        let Some(last) = events.last().filter(|_| passed || self.loaded.snapshot_outdated) else {
            return Ok(None);
        };
        self.apply_speculatively();
        self.loaded.snapshot_outdated = false;
        let snapshot = codec.encode(self.loaded.stream.clone(), version, last.id, &self.loaded.state);
        if let Err(error) = &snapshot {
            report::<A>(&self.loaded.stream, version, error);
        }
        Ok(snapshot.ok())
    }

    /// Applies the last events, although their append may still fail.
    pub(super) fn apply_speculatively(&mut self) {
        self.read_through = self.read_through.filter(|_| !self.has_sent());
        self.is_speculative |= self.has_sent();
        self.apply();
    }

    /// The state after exclusive access, if it can still be used.
    pub(super) fn after(self, end: End) -> Option<Self> {
        let version = self.loaded.version;
        let before = Self { read_through: None, ..self };
        match end {
            End::Stored => Some(Self { is_speculative: false, ..before }),
            // The state before these events is lost.
            End::Discarded | End::Failed if before.is_speculative => None,
            End::Discarded => Some(Self { sent: Vec::new(), version, ..before }),
            End::Failed => Some(Self { sent: Vec::new(), version, epoch: EXPIRED, ..before }),
        }
    }

    /// The part to cache, once no append is pending.
    pub(super) fn into_cached(self, status: QueueStatus) -> Option<CachedState<A>> {
        let Self { loaded, sent, version, is_speculative, epoch, weight, .. } = self;
        if epoch == status.epoch {
            return Some(CachedState { loaded, sent, version, weight, epoch: 0 });
        }
        let version = loaded.version;
        (!is_speculative).then(|| CachedState { loaded, sent: Vec::new(), version, weight, epoch: EXPIRED })
    }
}

impl<A: Aggregate> From<CachedState<A>> for WorkingState<A> {
    fn from(CachedState { loaded, sent, version, weight, epoch }: CachedState<A>) -> Self {
        Self { loaded, sent, version, is_speculative: false, read_through: None, epoch, weight }
    }
}

/// Reports a snapshot that is not written: as a warning once for each type of state, because each command may be such a
/// case.
fn report<A: Aggregate>(stream: &StreamId, version: Version, error: &SnapshotError) {
    let (state, cause) = (any::type_name::<A>(), error.source().map(tracing::field::display));
    if is_first_fault::<A>() {
        tracing::warn!(
            state, %stream, %version, %error, cause,
            "a snapshot is not written; aggregates of this type are loaded from their events"
        );
    } else {
        tracing::debug!(state, %stream, %version, %error, cause, "a snapshot is not written");
    }
}
