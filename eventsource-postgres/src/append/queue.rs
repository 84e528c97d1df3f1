//! Who appends waits here, and is appended together with those who wait at the same time.

use std::{fmt, sync::Arc, time::Duration};

use eventsource_core::{
    StreamId,
    store::{Append, AppendError, InvalidAppend, Receipt, StoreError},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot},
    time::timeout,
};

use super::{ACTION, Failure, together};
use crate::{
    connections::Connections,
    error::alike,
    gather::{Gather, InHand, Job, Size},
};

type Settled = Result<Vec<Receipt>, AppendError>;

/// How many appends of one list are queued at a time: a long one does not take all the room there is.
const AT_A_TIME: usize = 1_000;

/// The appends of one store that wait or are under way. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Queue {
    gather: Gather<Entry>,
    room: Arc<Semaphore>,
    limit: usize,
    patience: Duration,
}

/// An append, or several to the same stream that follow each other.
pub(super) struct Entry {
    pub(super) appends: Vec<Arc<Append>>,
    size: Size,
    answer: oneshot::Sender<Vec<Result<Vec<Receipt>, Failure>>>,
    _room: Arc<OwnedSemaphorePermit>,
}

/// An append that waits for its answer.
struct Waiting {
    appends: Vec<Arc<Append>>,
    answer: oneshot::Receiver<Vec<Result<Vec<Receipt>, Failure>>>,
}

impl Queue {
    pub(crate) fn new(connections: &Connections, limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            gather: Gather::new(connections.clone()),
            room: Arc::new(Semaphore::new(limit)),
            limit,
            patience: connections.patience(),
        }
    }

    pub(crate) async fn append(&self, append: Append) -> Settled {
        append.validate()?;
        let room = Arc::new(self.enter(1).await?);
        let (entry, waiting) = Entry::of(vec![Arc::new(append)], room);
        self.gather.push([entry]);
        waiting.outcomes().await.pop().unwrap_or_else(|| Err(no_answer().into()))
    }

    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<Settled> {
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut appends = appends.into_iter().peekable();
        while appends.peek().is_some() {
            let some = appends.by_ref().take(AT_A_TIME.min(self.limit)).collect();
            outcomes.append(&mut self.append_some(some).await);
        }
        outcomes
    }

    async fn append_some(&self, appends: Vec<Append>) -> Vec<Settled> {
        let mut outcomes: Vec<_> = appends.iter().map(|append| append.validate().map(|()| None)).collect();
        let room = match self.enter(appends.len()).await {
            Ok(room) => Arc::new(room),
            Err(error) => return refuse_each(outcomes, &Arc::new(error)),
        };
        let valid = appends.into_iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok());
        let (entries, waiting): (Vec<_>, Vec<_>) = chains(valid.map(|(append, _)| Arc::new(append)))
            .into_iter()
            .map(|chain| Entry::of(chain, Arc::clone(&room)))
            .unzip();
        drop(room);
        // All at once: those that share streams are done in this order.
        self.gather.push(entries);
        let mut slots = outcomes.iter_mut().filter_map(|outcome| outcome.as_mut().ok());
        for waiting in waiting {
            for (settled, slot) in waiting.outcomes().await.into_iter().zip(&mut slots) {
                *slot = Some(settled);
            }
        }
        let outcome = |settled: Option<_>| settled.unwrap_or_else(|| Err(no_answer().into()));
        outcomes
            .into_iter()
            .map(|outcome_of| outcome_of.map_err(AppendError::from).and_then(outcome))
            .collect()
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

/// The appends in order, those to one stream that follow each other together.
fn chains(appends: impl Iterator<Item = Arc<Append>>) -> Vec<Vec<Arc<Append>>> {
    let mut chains: Vec<Vec<Arc<Append>>> = Vec::new();
    let mut size = Size::default();
    for append in appends {
        size = size.and(size_of(&append));
        match chains.last_mut() {
            Some(chain) if follows(&append, chain.last()) && size.is_within(Entry::FULL) => {
                chain.push(append)
            }
            _ => {
                size = size_of(&append);
                chains.push(vec![append]);
            }
        }
    }
    chains
}

/// Whether an append can stand behind another in one call of the append function.
fn follows(append: &Append, before: Option<&Arc<Append>>) -> bool {
    match (append.streams.as_slice(), before.map(|before| before.streams.as_slice())) {
        ([part], Some([before])) => part.stream == before.stream && !part.events.is_empty(),
        _ => false,
    }
}

fn size_of(append: &Append) -> Size {
    let events = || append.streams.iter().flat_map(|part| &part.events);
    Size { calls: 1, rows: events().count(), bytes: events().map(|event| event.payload.get().len()).sum() }
}

impl Entry {
    fn of(appends: Vec<Arc<Append>>, room: Arc<OwnedSemaphorePermit>) -> (Self, Waiting) {
        let (sender, receiver) = oneshot::channel();
        let size = appends.iter().map(|append| size_of(append)).fold(Size::default(), Size::and);
        let waiting = Waiting { appends: appends.clone(), answer: receiver };
        (Self { appends, size, answer: sender, _room: room }, waiting)
    }

    /// Nobody may be there to hear it.
    pub(super) fn answer(self, settled: Vec<Result<Vec<Receipt>, Failure>>) {
        // Before the waiting one hears of it, so that it has its append to itself.
        drop(self.appends);
        let _ = self.answer.send(settled);
    }
}

impl Job for Entry {
    const FULL: Size = Size { calls: 256, rows: 4_096, bytes: 4 << 20 };

    fn lines(&self) -> Vec<StreamId> {
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
        together::append(connections, jobs, kept)
    }

    fn abandon(self) {
        let error =
            || StoreError::Unavailable { action: ACTION, source: "the runtime is shutting down".into() };
        let settled = self.appends.iter().map(|_| Err(Failure::Settled(error().into()))).collect();
        self.answer(settled);
    }
}

impl Waiting {
    async fn outcomes(self) -> Vec<Settled> {
        let settled = match self.answer.await {
            Ok(settled) => settled,
            // Whoever appended it was shut down together with its runtime, or has panicked.
            Err(gone) => self.appends.iter().map(|_| Err(Failure::Unknown(Box::new(gone.clone())))).collect(),
        };
        let outcome = |(append, settled): (Arc<Append>, Result<_, Failure>)| {
            settled.map_err(|failure| match failure {
                Failure::Settled(error) => error,
                Failure::Unknown(source) => {
                    AppendError::OutcomeUnknown { append: Box::new(Arc::unwrap_or_clone(append)), source }
                }
            })
        };
        self.appends.into_iter().zip(settled).map(outcome).collect()
    }
}

fn no_answer() -> StoreError {
    StoreError::Corrupt { action: ACTION, source: "there is no outcome for the append".into() }
}

fn refuse_each(
    outcomes: Vec<Result<Option<Settled>, InvalidAppend>>,
    error: &Arc<StoreError>,
) -> Vec<Settled> {
    outcomes
        .into_iter()
        .map(|outcome| Err(outcome.map_or_else(AppendError::from, |_| alike(error).into())))
        .collect()
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.limit.saturating_sub(self.room.available_permits());
        f.debug_struct("Queue").field("waiting", &waiting).field("limit", &self.limit).finish()
    }
}
