//! The append queue: appends that wait at the same time are group-committed.
//!
//! An append that finds no worker starts one, so a single append begins immediately. While the worker waits for the
//! disk, further appends queue up, and it takes all of them as the next batch, up to a limit. A worker without work ends.
//!
//! Each runtime has a worker of its own, because another runtime may be idle and not poll its tasks.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use eventsource_core::store::{Append, AppendError, StoreError};
use eventsource_sql::{Admission, Size};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, oneshot},
    time::{Instant, timeout},
};

use super::{ACTION, AppendResult, batch, chain::ChainState, unknown};
use crate::connections::Connections;

/// The limit of one transaction: its memory is bounded, and other writers get the connection in between.
const BATCH_LIMIT: Size = Size { calls: 1_000, rows: 4_096, bytes: 4 << 20 };

/// The queued and running appends of one store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppendQueue {
    shared: Arc<QueueState>,
    admission: Admission,
}

struct QueueState {
    connections: Connections,
    queues: Mutex<RuntimeQueues>,
}

/// The queued entries by the runtime of their callers. Each runtime in the map has a worker.
type RuntimeQueues = HashMap<runtime::Id, VecDeque<Entry>>;

/// One append, or a list of dependent ones.
pub(super) struct Entry {
    pub(super) appends: Vec<Arc<Append>>,
    /// The state of the list so far, if it is one.
    pub(super) chain: Option<ChainState>,
    pub(super) began_broken: bool,
    size: Size,
    answer: oneshot::Sender<Answer>,
    _room: OwnedSemaphorePermit,
}

type Answer = (Vec<AppendResult>, Option<ChainState>);

/// Appends that wait for their outcome.
struct PendingReply {
    appends: Vec<Arc<Append>>,
    answer: oneshot::Receiver<Answer>,
}

impl AppendQueue {
    pub(crate) fn new(connections: &Connections) -> Self {
        let shared = QueueState { connections: connections.clone(), queues: Mutex::default() };
        let limit = connections.options().max_waiting_appends;
        Self { shared: Arc::new(shared), admission: Admission::new(limit, connections.acquire_timeout()) }
    }

    /// Waits until the queued and running appends have ended. Later appends wait while the permit is held.
    pub(crate) async fn drain(&self) -> Option<OwnedSemaphorePermit> {
        self.admission.drain().await
    }

    pub(crate) async fn append(&self, append: Append) -> AppendResult {
        append.validate()?;
        let since = Instant::now();
        let room = self.admission.admit(ACTION, 1).await?;
        let (entry, waiting) = Entry::of(vec![Arc::new(append)], None, room);
        self.shared.push(entry);
        waiting
            .outcomes(&self.shared.connections, since)
            .await
            .0
            .pop()
            .unwrap_or_else(|| Err(no_answer().into()))
    }

    /// Appends a list part by part; each part begins after the outcome of the previous one.
    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<AppendResult> {
        let mut rest: VecDeque<_> = appends.into_iter().map(Arc::new).collect();
        let mut outcomes = Vec::with_capacity(rest.len());
        let mut chain = Some(ChainState::Intact);
        while let Some(begun) = chain.take().filter(|_| !rest.is_empty()) {
            let mut part = Vec::new();
            let mut size = Size::default();
            while let Some(next) = rest.front() {
                size = size.and(Size::of(next));
                if !part.is_empty() && (!size.is_within(BATCH_LIMIT) || part.len() >= self.admission.limit())
                {
                    break;
                }
                part.extend(rest.pop_front());
            }
            let since = Instant::now();
            let room = match self.admission.admit(ACTION, part.len()).await {
                Ok(room) => room,
                Err(error) => {
                    outcomes.extend(abandoned(part.len() + rest.len(), error));
                    return outcomes;
                }
            };
            let (entry, waiting) = Entry::of(part, Some(begun), room);
            self.shared.push(entry);
            let (answered, state) = waiting.outcomes(&self.shared.connections, since).await;
            outcomes.extend(answered);
            chain = state;
        }
        // The remaining appends are not tried, because the state that they depend on is unknown.
        let why = || StoreError::Unavailable {
            action: ACTION,
            source: "the earlier appends of its list failed".into(),
        };
        outcomes.extend(rest.iter().map(|_| Err(why().into())));
        outcomes
    }
}

/// The outcomes of this many appends that were not tried.
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
            return refuse([entry], "no tokio runtime to append in");
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
            // Tasks that are ready to run may add to the batch.
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
            if !jobs.is_empty() && !size.is_within(BATCH_LIMIT) {
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
    /// A worker that is dropped before its end was cancelled with its runtime, or has panicked. Its queue is refused.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let waiting = self.shared.lock().remove(&self.runtime).unwrap_or_default();
        refuse(waiting, "the runtime is shutting down");
    }
}

/// Answers queued entries that they will not be appended.
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

    /// Sends the outcomes; the caller may have been dropped.
    pub(super) fn answer(self, outcomes: Vec<AppendResult>) {
        let Self { appends, chain, answer, .. } = self;
        // Before the caller receives the outcome, so that it is the only owner of its append.
        drop(appends);
        let _ = answer.send((outcomes, chain));
    }

    /// Sends the same error for each append. The rest of a list is not tried then.
    pub(super) fn answer_each(mut self, error: impl Fn(Arc<Append>) -> AppendError) {
        let outcomes =
            std::mem::take(&mut self.appends).into_iter().map(|append| Err(error(append))).collect();
        self.chain = None;
        self.answer(outcomes);
    }
}

impl PendingReply {
    /// An append whose outcome is unknown when the call times out may be stored later.
    async fn outcomes(self, connections: &Connections, since: Instant) -> Answer {
        let limit = connections.call_timeout();
        let answered = match runtime::Handle::try_current() {
            Ok(_) => timeout(limit.saturating_sub(since.elapsed()), self.answer).await,
            // There is no timer without a runtime, and the queue has answered that it cannot append.
            Err(_) => Ok(self.answer.await),
        };
        let Ok(answered) = answered else {
            let waiting_for = "other writes to the file";
            let timed_out = || StoreError::TimedOut { action: ACTION, limit, waiting_for };
            let outcomes = self.appends.into_iter().map(|append| Err(unknown(append, timed_out())));
            return (outcomes.collect(), None);
        };
        match answered {
            Ok(answer) => answer,
            // The worker was shut down together with its runtime, or has panicked.
            Err(closed) => {
                let outcomes = self.appends.into_iter().map(|append| Err(unknown(append, closed.clone())));
                (outcomes.collect(), None)
            }
        }
    }
}

fn no_answer() -> StoreError {
    StoreError::Corrupt { action: ACTION, source: "the append has no outcome".into() }
}

impl fmt::Debug for AppendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppendQueue").field(&self.admission).finish()
    }
}
