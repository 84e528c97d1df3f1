//! Loading an aggregate: a usable snapshot, if there is one, then the events after it.

use std::ops::ControlFlow;

use crate::{
    __private::assert_complete,
    Aggregate, EventSet, Position, ReadError, Recorded, RecordedEvent, StoredEvent, StreamId, Timestamp,
    Version,
    store::{Direction, EventStore, StoreError, StoredSnapshot},
};

/// How many events are read at a time with their contexts.
const PAGE: usize = 1_000;

/// An aggregate at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded<A> {
    /// The state after the event of that version.
    pub state: A,
    /// The version of the last event; [`Version::EMPTY`] if there is none.
    pub version: Version,
    /// The stream.
    pub stream: StreamId,
    /// Whether the store holds a snapshot that this program cannot use, so that a new one has to be written.
    pub(super) snapshot_outdated: bool,
}

/// A moment in the history of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// After the event with this version.
    Version(Version),
    /// After the last event at or below this position of the log.
    Position(Position),
    /// With each event that was recorded at this time or earlier, in the order of their versions.
    ///
    /// The times of a stream need not rise with its versions: the clock of a server may be set back, and an import
    /// keeps the times that it is given. Each event that was recorded later is left out, even if events of higher
    /// versions are not.
    Time(Timestamp),
}

impl<A: Aggregate> Loaded<A> {
    fn empty(stream: StreamId) -> Self {
        const { assert_complete::<A>() };
        Self { state: A::default(), version: Version::EMPTY, stream, snapshot_outdated: false }
    }

    /// Applies the events that were recorded since.
    pub(super) async fn catch_up<S: EventStore + ?Sized>(&mut self, store: &S) -> Result<(), ReadError> {
        if A::Event::ASKS_FOR_CONTEXT {
            return self.catch_up_with_contexts(store).await;
        }
        let (mut is_decoded, mut has_gap) = (true, Ok(()));
        let Self { state, version, stream, .. } = self;
        let after = *version;
        let mut each = |at, stored: StoredEvent<'_>| {
            has_gap = check_next(stream, *version, at);
            if has_gap.is_err() {
                return ControlFlow::Break(());
            }
            let Ok(events) = A::Event::decode(stored) else {
                is_decoded = false;
                return ControlFlow::Break(());
            };
            for event in events {
                state.apply(event);
            }
            *version = at;
            ControlFlow::Continue(())
        };
        store.read_history(stream, after, &mut each).await?;
        has_gap?;
        if is_decoded { Ok(()) } else { self.catch_up_with_contexts(store).await }
    }

    /// For an upcaster that reads the context of an event, and for an error that names the event.
    async fn catch_up_with_contexts<S: EventStore + ?Sized>(&mut self, store: &S) -> Result<(), ReadError> {
        loop {
            let page = self.next_page(store).await?;
            let is_last = page.len() < PAGE;
            for recorded in page {
                check_next(&self.stream, self.version, recorded.context.version)?;
                self.apply(recorded)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn next_page<S: EventStore + ?Sized>(&self, store: &S) -> Result<Vec<RecordedEvent>, StoreError> {
        store.read_stream(&self.stream, Direction::Forward { after: self.version }, PAGE).await
    }

    fn apply(&mut self, recorded: RecordedEvent) -> Result<(), ReadError> {
        let version = recorded.context.version;
        for Recorded { event, .. } in recorded.decode::<A::Event>()? {
            self.state.apply(event);
        }
        self.version = version;
        Ok(())
    }
}

/// Loads the current state.
pub(crate) async fn current<A: Aggregate, S: EventStore + ?Sized>(
    store: &S,
    stream: StreamId,
) -> Result<Loaded<A>, ReadError> {
    let mut loaded = from_snapshot(store, stream).await?;
    loaded.catch_up(store).await?;
    Ok(loaded)
}

async fn from_snapshot<A: Aggregate, S: EventStore + ?Sized>(
    store: &S,
    stream: StreamId,
) -> Result<Loaded<A>, StoreError> {
    let mut loaded = Loaded::empty(stream);
    let Some(codec) = A::snapshots() else { return Ok(loaded) };
    let Some(stored) = store.load_snapshot(&loaded.stream).await? else { return Ok(loaded) };
    let StoredSnapshot { snapshot, has_event } = stored;
    // On a state of another history every append conflicts, or worse, none does.
    match has_event.then(|| codec.decode(&snapshot)).flatten() {
        Some(state) => {
            loaded.state = state;
            loaded.version = snapshot.version;
        }
        None => loaded.snapshot_outdated = true,
    }
    Ok(loaded)
}

/// Loads a past state. It is folded from the first event, because only the newest snapshot is stored, and it may
/// be later.
pub(crate) async fn as_of<A: Aggregate, S: EventStore>(
    store: &S,
    stream: StreamId,
    as_of: AsOf,
) -> Result<Loaded<A>, ReadError> {
    let mut loaded = Loaded::empty(stream);
    // Not the version of the state: that is of the last event that was applied.
    let mut after = Version::EMPTY;
    loop {
        let page = store.read_stream(&loaded.stream, Direction::Forward { after }, PAGE).await?;
        let is_last = page.len() < PAGE;
        for recorded in page {
            check_next(&loaded.stream, after, recorded.context.version)?;
            after = recorded.context.version;
            if as_of.includes(&recorded) {
                loaded.apply(recorded)?;
            } else if as_of.excludes_later() {
                return Ok(loaded);
            }
        }
        if is_last {
            return Ok(loaded);
        }
    }
}

/// A stream lacks an event: another program has deleted it, or has stored later ones.
#[derive(Debug, thiserror::Error)]
#[error("stream {stream} has no event of version {missing}, and one of version {found}")]
struct Gap {
    stream: StreamId,
    missing: Version,
    found: Version,
}

/// Checks that an event is the next one of its stream. A state that lacks an event is wrong, and whatever is decided on
/// it, too.
fn check_next(stream: &StreamId, after: Version, found: Version) -> Result<(), StoreError> {
    let missing = after.next();
    if found == missing {
        return Ok(());
    }
    let source = Box::new(Gap { stream: stream.clone(), missing, found });
    Err(StoreError::Corrupt { action: "loading an aggregate", source })
}

impl AsOf {
    fn includes<E>(self, event: &Recorded<E>) -> bool {
        match self {
            Self::Version(version) => event.context.version <= version,
            Self::Position(position) => event.context.position <= position,
            Self::Time(time) => event.context.recorded_at <= time,
        }
    }

    /// Whether every event after an excluded one is excluded too. Not so for times, which need not rise.
    fn excludes_later(self) -> bool {
        match self {
            Self::Version(_) | Self::Position(_) => true,
            Self::Time(_) => false,
        }
    }
}

impl From<Version> for AsOf {
    fn from(version: Version) -> Self {
        Self::Version(version)
    }
}

impl From<Position> for AsOf {
    fn from(position: Position) -> Self {
        Self::Position(position)
    }
}

impl From<Timestamp> for AsOf {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}
