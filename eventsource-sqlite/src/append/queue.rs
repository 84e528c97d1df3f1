//! Who appends waits here, and is appended together with those who wait at the same time.
//!
//! One who finds no worker starts one, so a lone append goes at once. While the worker waits for the disk others
//! gather, and it takes all of them, up to a limit. A worker without work ends.
//!
//! Each runtime has a worker of its own: another one may rest for as long as it likes, once its own calls have ended.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use eventsource_core::store::{Append, AppendError, StoreError};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot},
    time::timeout,
};

use super::{ACTION, AppendResult, batch, plan::ChainState, unknown};
use crate::connections::Connections;

/// More is not appended in one transaction: it has a bound in memory, and others that write come in between.
const FULL: Size = Size { appends: 1_000, events: 4_096, bytes: 4 << 20 };

/// The appends of one store that wait or are under way. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppendQueue {
    shared: Arc<QueueState>,
    room: Arc<Semaphore>,
    limit: usize,
    patience: Duration,
}

struct QueueState {
    connections: Connections,
    queues: Mutex<RuntimeQueues>,
}

/// Those who wait, by the runtime they wait in. Each that is here has a worker.
type RuntimeQueues = HashMap<runtime::Id, VecDeque<Entry>>;

/// An append, or several that follow each other.
pub(super) struct Entry {
    pub(super) appends: Vec<Arc<Append>>,
    /// How the list has gone so far, if it is one.
    pub(super) chain: Option<ChainState>,
    pub(super) began_broken: bool,
    size: Size,
    answer: oneshot::Sender<Answer>,
    _room: OwnedSemaphorePermit,
}

type Answer = (Vec<AppendResult>, Option<ChainState>);

/// Appends that wait for their answer.
struct PendingReply {
    appends: Vec<Arc<Append>>,
    answer: oneshot::Receiver<Answer>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    appends: usize,
    events: usize,
    bytes: usize,
}

impl Size {
    fn of(append: &Append) -> Self {
        let events = || append.streams.iter().flat_map(|part| &part.events);
        let bytes = events().map(|event| event.payload.get().len()).sum();
        Self { appends: 1, events: events().count(), bytes }
    }

    fn and(self, other: Self) -> Self {
        Self {
            appends: self.appends.saturating_add(other.appends),
            events: self.events.saturating_add(other.events),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn is_within(self, full: Self) -> bool {
        self.appends <= full.appends && self.events <= full.events && self.bytes <= full.bytes
    }
}

impl AppendQueue {
    pub(crate) fn new(connections: &Connections) -> Self {
        let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
        let limit = connections.options().max_waiting_appends.clamp(1, most);
        let shared = QueueState { connections: connections.clone(), queues: Mutex::default() };
        let patience = connections.patience();
        Self { shared: Arc::new(shared), room: Arc::new(Semaphore::new(limit)), limit, patience }
    }

    /// Waits until those that wait or are under way have ended. Later ones wait for as long as this is held.
    pub(crate) async fn ended(&self) -> Option<OwnedSemaphorePermit> {
        let all = u32::try_from(self.limit).unwrap_or(u32::MAX);
        Arc::clone(&self.room).acquire_many_owned(all).await.ok()
    }

    pub(crate) async fn append(&self, append: Append) -> AppendResult {
        append.validate()?;
        let room = self.enter(1).await?;
        let (entry, waiting) = Entry::of(vec![Arc::new(append)], None, room);
        self.shared.push(entry);
        waiting.outcomes().await.0.pop().unwrap_or_else(|| Err(no_answer().into()))
    }

    /// Part by part, of which the next one begins when the one before it is answered.
    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<AppendResult> {
        let mut rest: VecDeque<_> = appends.into_iter().map(Arc::new).collect();
        let mut outcomes = Vec::with_capacity(rest.len());
        let mut chain = Some(ChainState::Intact);
        while let Some(begun) = chain.take().filter(|_| !rest.is_empty()) {
            let mut part = Vec::new();
            let mut size = Size::default();
            while let Some(next) = rest.front() {
                size = size.and(Size::of(next));
                if !part.is_empty() && (!size.is_within(FULL) || part.len() >= self.limit) {
                    break;
                }
                part.extend(rest.pop_front());
            }
            let room = match self.enter(part.len()).await {
                Ok(room) => room,
                Err(error) => {
                    outcomes.extend(abandoned(part.len() + rest.len(), error));
                    return outcomes;
                }
            };
            let (entry, waiting) = Entry::of(part, Some(begun), room);
            self.shared.push(entry);
            let (settled, went) = waiting.outcomes().await;
            outcomes.extend(settled);
            chain = went;
        }
        // Nothing of the rest was tried, because nobody knows what it would have been stored on.
        let why = || StoreError::Unavailable {
            action: ACTION,
            source: "the appends before it in the list failed".into(),
        };
        outcomes.extend(rest.iter().map(|_| Err(why().into())));
        outcomes
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

/// The outcomes of so many appends of which none was tried.
fn abandoned(appends: usize, error: StoreError) -> Vec<AppendResult> {
    let error = Arc::new(error);
    (0..appends).map(|_| Err(StoreError::shared(&error).into())).collect()
}

impl QueueState {
    fn lock(&self) -> MutexGuard<'_, RuntimeQueues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(self: &Arc<Self>, entry: Entry) {
        let Ok(runtime) = runtime::Handle::try_current() else {
            return refuse([entry], "there is no runtime to append in");
        };
        let mut queues = self.lock();
        if let Some(waiting) = queues.get_mut(&runtime.id()) {
            waiting.push_back(entry);
            return;
        }
        queues.insert(runtime.id(), VecDeque::from([entry]));
        drop(queues);
        let worker = Worker { shared: Arc::clone(self), runtime: runtime.id(), has_ended: false };
        runtime.spawn(worker.work());
    }
}

struct Worker {
    shared: Arc<QueueState>,
    runtime: runtime::Id,
    has_ended: bool,
}

impl Worker {
    async fn work(mut self) {
        loop {
            // Those who are ready to run may have something to add.
            tokio::task::yield_now().await;
            let jobs = self.take();
            if jobs.is_empty() {
                return;
            }
            batch::append(&self.shared.connections, jobs).await;
        }
    }

    fn take(&mut self) -> Vec<Entry> {
        let mut queues = self.shared.lock();
        let mut size = Size::default();
        let mut jobs = Vec::new();
        let Some(waiting) = queues.get_mut(&self.runtime) else { return jobs };
        while let Some(next) = waiting.front() {
            size = size.and(next.size);
            if !jobs.is_empty() && !size.is_within(FULL) {
                break;
            }
            jobs.extend(waiting.pop_front());
        }
        if jobs.is_empty() {
            queues.remove(&self.runtime);
            self.has_ended = true;
        }
        jobs
    }
}

impl Drop for Worker {
    /// One that is dropped before its end was cancelled with its runtime, or has panicked. Those who wait are told.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let waiting = self.shared.lock().remove(&self.runtime).unwrap_or_default();
        refuse(waiting, "the runtime is shutting down");
    }
}

/// Tells those who wait that nobody will append for them.
fn refuse(waiting: impl IntoIterator<Item = Entry>, why: &'static str) {
    for entry in waiting {
        entry.answer_each(|_| StoreError::Unavailable { action: ACTION, source: why.into() }.into());
    }
}

impl Entry {
    fn of(
        appends: Vec<Arc<Append>>,
        chain: Option<ChainState>,
        room: OwnedSemaphorePermit,
    ) -> (Self, PendingReply) {
        let (sender, receiver) = oneshot::channel();
        let size = appends.iter().map(|append| Size::of(append)).fold(Size::default(), Size::and);
        let waiting = PendingReply { appends: appends.clone(), answer: receiver };
        let began_broken = matches!(chain, Some(ChainState::Broken(_)));
        (Self { appends, chain, began_broken, size, answer: sender, _room: room }, waiting)
    }

    /// Nobody may be there to hear it.
    pub(super) fn answer(self, settled: Vec<AppendResult>) {
        let Self { appends, chain, answer, .. } = self;
        // Before the waiting one hears of it, so that it has its append to itself.
        drop(appends);
        let _ = answer.send((settled, chain));
    }

    /// The same outcome for each. Of a list nothing more is tried then.
    pub(super) fn answer_each(mut self, error: impl Fn(Arc<Append>) -> AppendError) {
        let settled =
            std::mem::take(&mut self.appends).into_iter().map(|append| Err(error(append))).collect();
        self.chain = None;
        self.answer(settled);
    }
}

impl PendingReply {
    async fn outcomes(self) -> Answer {
        match self.answer.await {
            Ok(answer) => answer,
            // Whoever appended it was shut down together with its runtime, or has panicked.
            Err(gone) => {
                let settled = self.appends.into_iter().map(|append| Err(unknown(append, gone.clone())));
                (settled.collect(), None)
            }
        }
    }
}

fn no_answer() -> StoreError {
    StoreError::Corrupt { action: ACTION, source: "there is no outcome for the append".into() }
}

impl fmt::Debug for AppendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.limit.saturating_sub(self.room.available_permits());
        f.debug_struct("Queue").field("waiting", &waiting).field("limit", &self.limit).finish()
    }
}
