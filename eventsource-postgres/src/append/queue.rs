//! Who appends waits here, and is appended together with those who wait at the same time.

use std::{fmt, sync::Arc, time::Duration};

use eventsource_core::{
    StreamId,
    store::{Append, StoreError},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot},
    time::timeout,
};

use super::{
    ACTION, AppendResult,
    each::{self, Chain},
    group, unknown,
};
use crate::{
    batcher::{Batcher, InHand, Job, Size},
    connections::Connections,
};

/// How many appends of one list are queued at a time: a long one does not take all the room there is.
const AT_A_TIME: usize = 1_000;

/// The appends of one store that wait or are under way. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppendQueue {
    batcher: Batcher<Entry>,
    room: Arc<Semaphore>,
    limit: usize,
    patience: Duration,
}

/// An append, or several to the same stream that follow each other.
pub(super) struct Entry {
    pub(super) appends: Vec<Arc<Append>>,
    size: Size,
    answer: oneshot::Sender<Vec<AppendResult>>,
    _room: Arc<OwnedSemaphorePermit>,
}

/// An append that waits for its answer.
struct PendingReply {
    appends: Vec<Arc<Append>>,
    answer: oneshot::Receiver<Vec<AppendResult>>,
}

impl AppendQueue {
    pub(crate) fn new(connections: &Connections, limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            batcher: Batcher::new(connections.clone()),
            room: Arc::new(Semaphore::new(limit)),
            limit,
            patience: connections.patience(),
        }
    }

    pub(crate) async fn append(&self, append: Append) -> AppendResult {
        append.validate()?;
        let room = Arc::new(self.enter(1).await?);
        let (entry, waiting) = Entry::of(vec![Arc::new(append)], room);
        self.batcher.push([entry]);
        waiting.outcomes().await.pop().unwrap_or_else(|| Err(no_answer().into()))
    }

    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<AppendResult> {
        each::append_each(self, appends).await
    }

    /// Appends these, of which none shares a stream with another.
    pub(super) async fn append_chains(
        &self,
        chains: Vec<Chain>,
    ) -> Result<Vec<Vec<AppendResult>>, StoreError> {
        let room = Arc::new(self.enter(chains.iter().map(|chain| chain.appends.len()).sum()).await?);
        let entries = chains.into_iter().map(|chain| Entry::of(chain.appends, Arc::clone(&room)));
        let (entries, waiting): (Vec<_>, Vec<_>) = entries.unzip();
        drop(room);
        self.batcher.push(entries);
        let mut outcomes = Vec::with_capacity(waiting.len());
        for waiting in waiting {
            outcomes.push(waiting.outcomes().await);
        }
        Ok(outcomes)
    }

    /// How many appends of a list to ask for at a time.
    pub(super) fn at_a_time(&self) -> usize {
        AT_A_TIME.min(self.limit)
    }

    async fn enter(&self, appends: usize) -> Result<OwnedSemaphorePermit, StoreError> {
        let appends = u32::try_from(appends.min(self.limit)).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(appends) {
            Ok(room) => return Ok(room),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {}
        }
        match timeout(self.patience, Arc::clone(&self.room).acquire_many_owned(appends)).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(StoreError::Overloaded { action: ACTION, limit: self.limit, waited: self.patience }),
        }
    }
}

pub(super) fn size_of(append: &Append) -> Size {
    let events = || append.streams.iter().flat_map(|part| &part.events);
    Size { calls: 1, rows: events().count(), bytes: events().map(|event| event.payload.get().len()).sum() }
}

impl Entry {
    fn of(appends: Vec<Arc<Append>>, room: Arc<OwnedSemaphorePermit>) -> (Self, PendingReply) {
        let (sender, receiver) = oneshot::channel();
        let size = appends.iter().map(|append| size_of(append)).fold(Size::default(), Size::and);
        let waiting = PendingReply { appends: appends.clone(), answer: receiver };
        (Self { appends, size, answer: sender, _room: room }, waiting)
    }

    /// Nobody may be there to hear it.
    pub(super) fn answer(self, settled: Vec<AppendResult>) {
        // Before the waiting one hears of it, so that it has its append to itself.
        drop(self.appends);
        let _ = self.answer.send(settled);
    }
}

impl Job for Entry {
    const FULL: Size = Size { calls: 256, rows: 4_096, bytes: 4 << 20 };

    fn streams(&self) -> Vec<StreamId> {
        // All of a chain are to the stream of the first.
        let first = self.appends.first().map(|append| append.streams.iter().map(|part| part.stream.clone()));
        first.into_iter().flatten().collect()
    }

    fn size(&self) -> Size {
        self.size
    }

    fn run(
        connections: &Connections,
        jobs: Vec<InHand<Self>>,
        kept: &mut Option<sqlx::pool::PoolConnection<sqlx::Postgres>>,
    ) -> impl Future<Output = ()> + Send {
        group::append(connections, jobs, kept)
    }

    fn abandon(self) {
        let error = || StoreError::Unavailable {
            action: ACTION,
            source: "there is no runtime to append in, or it is shutting down".into(),
        };
        let settled = self.appends.iter().map(|_| Err(error().into())).collect();
        self.answer(settled);
    }
}

impl PendingReply {
    async fn outcomes(self) -> Vec<AppendResult> {
        match self.answer.await {
            Ok(settled) => settled,
            // Whoever appended it was shut down together with its runtime, or has panicked.
            Err(gone) => self.appends.into_iter().map(|append| Err(unknown(append, gone.clone()))).collect(),
        }
    }
}

pub(super) fn no_answer() -> StoreError {
    StoreError::Corrupt { action: ACTION, source: "there is no outcome for the append".into() }
}

impl fmt::Debug for AppendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.limit.saturating_sub(self.room.available_permits());
        f.debug_struct("Queue").field("waiting", &waiting).field("limit", &self.limit).finish()
    }
}
