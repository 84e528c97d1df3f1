//! What is known of an aggregate between two decisions.

use std::mem;

use super::pending::QueueStatus;
use crate::{
    Aggregate, DecodeError, EventContext, EventSet, Position, Recorded, RecordedEvent, Snapshot, StoredEvent,
    StreamId, Timestamp, Version,
    source::{ReadError, load, load::Loaded},
    store::{EventStore, NewEvent},
};

/// An epoch that no outbox is in.
const EXPIRED: u64 = u64::MAX;

/// A state, and what was decided on it.
pub(in crate::source) struct WorkingState<A: Aggregate> {
    loaded: Loaded<A>,
    /// What was decided last and is not applied yet, because it may fail: then the state is right without it.
    sent: Vec<A::Event>,
    /// The version after that.
    version: Version,
    /// Whether something was applied that may yet fail.
    is_speculative: bool,
    /// Up to which command the store was read after it had come, if nothing was decided since.
    read_through: Option<u64>,
    /// In which epoch of the outbox this is right.
    epoch: u64,
    /// What the state weighs, before what is not applied yet.
    weight: usize,
}

/// How a turn ends that was kept until that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum End {
    /// All that was decided in it is stored.
    Stored,
    /// It came to nothing, and nothing was found to be wrong with the state.
    Discarded,
    /// It was not stored: the state may be older than what the store holds.
    Failed,
}

/// A state that is remembered while nobody needs it.
pub(in crate::source) struct CachedState<A: Aggregate> {
    loaded: Loaded<A>,
    sent: Vec<A::Event>,
    version: Version,
    weight: usize,
    /// The first epoch of the next outbox, or one that is over if the store is known to hold something newer.
    epoch: u64,
}

impl<A: Aggregate> CachedState<A> {
    pub(in crate::source) fn weight(&self) -> usize {
        self.weight
    }
}

impl<A: Aggregate> WorkingState<A> {
    /// What is to be decided on next: what was known, if that is still right; with what is new, if it is an older
    /// state; or loaded.
    pub(super) async fn at<S: EventStore>(
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
                // There was a conflict, and nothing is new: then the stream is not what it was.
                if loaded.version == before { load::current(store, stream.clone()).await? } else { loaded }
            }
            Some(_) | None => load::current(store, stream.clone()).await?,
        };
        let (version, weight) = (loaded.version, loaded.state.weight());
        let (is_speculative, read_through, epoch) = (false, Some(u64::MAX), status.epoch);
        Ok(Self { loaded, sent: Vec::new(), version, is_speculative, read_through, epoch, weight })
    }

    /// What was loaded when this was the last command that had come.
    pub(super) fn read_through(self, last_arrival: u64) -> Self {
        Self { read_through: self.read_through.map(|_| last_arrival), ..self }
    }

    /// Whether nothing has failed that it was decided on.
    pub(super) fn is_current(&self, status: QueueStatus) -> bool {
        self.epoch == status.epoch
    }

    /// With what was decided, if nothing is under way any more and nothing has failed.
    pub(super) fn settled(self, status: QueueStatus) -> Self {
        let is_stored = self.epoch == status.epoch && !status.is_busy;
        if is_stored && self.has_sent() { self.applied(status) } else { self }
    }

    /// With what was decided.
    pub(super) fn applied(mut self, status: QueueStatus) -> Self {
        self.read_through = self.read_through.filter(|_| !self.has_sent());
        self.is_speculative = status.is_busy && (self.is_speculative || self.has_sent());
        self.apply();
        self
    }

    /// By the version: what was sent may be read as no event at all.
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

    /// Whether the store was read after this command had come, and nothing was decided since.
    pub(super) fn is_fresh(&self, arrival: u64) -> bool {
        self.read_through.is_some_and(|last_arrival| arrival <= last_arrival)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The event as it will be read, for what cannot be decoded without its context, or not at all.
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

    /// Takes note of what was decided, and gives the snapshot that is due after it.
    ///
    /// What counts is the event as it will be read, not as it was made: a state is to be the same whether it was
    /// remembered or loaded. So an event that could not be read back is not even appended.
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
        if before == version || !(passed || self.loaded.snapshot_outdated) {
            return Ok(None);
        }
        self.apply_speculatively();
        self.loaded.snapshot_outdated = false;
        let snapshot = codec.encode(self.loaded.stream.clone(), version, &self.loaded.state);
        if let Err(error) = &snapshot {
            tracing::warn!(stream = %self.loaded.stream, %version, %error, "a state cannot be kept as a snapshot");
        }
        Ok(snapshot.ok())
    }

    /// Goes on to the state after what was decided, though it may yet fail.
    pub(super) fn apply_speculatively(&mut self) {
        self.read_through = self.read_through.filter(|_| !self.has_sent());
        self.is_speculative |= self.has_sent();
        self.apply();
    }

    /// What is left after a turn that was kept until its end was known.
    pub(super) fn after(self, end: End) -> Option<Self> {
        let version = self.loaded.version;
        let before = Self { read_through: None, ..self };
        match end {
            End::Stored => Some(Self { is_speculative: false, ..before }),
            // The state before it is not to be had any more.
            End::Discarded | End::Failed if before.is_speculative => None,
            End::Discarded => Some(Self { sent: Vec::new(), version, ..before }),
            End::Failed => Some(Self { sent: Vec::new(), version, epoch: EXPIRED, ..before }),
        }
    }

    /// What is right once nothing is under way any more.
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
