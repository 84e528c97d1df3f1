//! The queue of appends, which are combined with those that are queued at the same time.

use std::{fmt, sync::Arc};

use eventsource_core::{
    StreamId,
    store::{Append, StoreError},
};
use eventsource_sql::{Admission, Size};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    ACTION, AppendResult,
    each::{self, Chain},
    group, outcome_unknown,
};
use crate::{
    batcher::{Batcher, Job, TakenJob},
    connections::{Connections, Deadline},
};

/// The number of appends of one list that are queued at a time, so that a long list does not fill the queue.
const ROUND_LIMIT: usize = 1_000;

/// The appends of one store that are queued or running. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppendQueue {
    batcher: Batcher<Entry>,
    admission: Admission,
    connections: Connections,
}

/// A single append, or several consecutive appends to one stream.
pub(super) struct Entry {
    pub(super) appends: Vec<Arc<Append>>,
    size: Size,
    answer: oneshot::Sender<Vec<AppendResult>>,
    _permits: Arc<OwnedSemaphorePermit>,
}

/// The receiver of an entry's outcomes.
struct PendingReply {
    appends: Vec<Arc<Append>>,
    answer: oneshot::Receiver<Vec<AppendResult>>,
}

impl AppendQueue {
    pub(crate) fn new(connections: &Connections, limit: usize) -> Self {
        Self {
            batcher: Batcher::new(connections.clone()),
            admission: Admission::new(limit, connections.acquire_timeout()),
            connections: connections.clone(),
        }
    }

    pub(crate) async fn append(&self, append: Append) -> AppendResult {
        append.validate()?;
        let deadline = self.connections.deadline();
        let permits = Arc::new(self.admission.admit(ACTION, 1).await?);
        let (entry, waiting) = Entry::of(vec![Arc::new(append)], permits);
        self.batcher.push([entry]);
        waiting.outcomes(deadline).await.pop().unwrap_or_else(|| Err(missing_outcome().into()))
    }

    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<AppendResult> {
        each::append_each(self, appends).await
    }

    /// Appends chains that have no stream in common.
    pub(super) async fn append_chains(
        &self,
        chains: Vec<Chain>,
    ) -> Result<Vec<Vec<AppendResult>>, StoreError> {
        let deadline = self.connections.deadline();
        let appends = chains.iter().map(|chain| chain.appends.len()).sum();
        let permits = Arc::new(self.admission.admit(ACTION, appends).await?);
        let entries = chains.into_iter().map(|chain| Entry::of(chain.appends, Arc::clone(&permits)));
        let (entries, waiting): (Vec<_>, Vec<_>) = entries.unzip();
        drop(permits);
        self.batcher.push(entries);
        let mut outcomes = Vec::with_capacity(waiting.len());
        for waiting in waiting {
            outcomes.push(waiting.outcomes(deadline).await);
        }
        Ok(outcomes)
    }

    /// The maximum number of appends of a list in one round.
    pub(super) fn round_limit(&self) -> usize {
        ROUND_LIMIT.min(self.admission.limit())
    }
}

impl Entry {
    fn of(appends: Vec<Arc<Append>>, permits: Arc<OwnedSemaphorePermit>) -> (Self, PendingReply) {
        let (sender, receiver) = oneshot::channel();
        let size = appends.iter().map(|append| Size::of(append)).fold(Size::default(), Size::and);
        let waiting = PendingReply { appends: appends.clone(), answer: receiver };
        (Self { appends, size, answer: sender, _permits: permits }, waiting)
    }

    /// Sends the outcomes. The caller may have gone away.
    pub(super) fn answer(self, results: Vec<AppendResult>) {
        // Before the caller receives the outcomes, so that it has the only reference to its append.
        drop(self.appends);
        let _ = self.answer.send(results);
    }
}

impl Job for Entry {
    const FULL: Size = Size { calls: 256, rows: 4_096, bytes: 4 << 20 };

    fn streams(&self) -> Vec<StreamId> {
        // All appends of a chain are to the stream of the first one.
        let first = self.appends.first().map(|append| append.streams.iter().map(|part| part.stream.clone()));
        first.into_iter().flatten().collect()
    }

    fn size(&self) -> Size {
        self.size
    }

    fn run(
        connections: &Connections,
        jobs: Vec<TakenJob<Self>>,
        kept: &mut Option<sqlx::pool::PoolConnection<sqlx::Postgres>>,
    ) -> impl Future<Output = ()> + Send {
        group::append(connections, jobs, kept)
    }

    fn abandon(self) {
        let error = || StoreError::Unavailable {
            action: ACTION,
            source: "there is no Tokio runtime, or it is shutting down".into(),
        };
        let results = self.appends.iter().map(|_| Err(error().into())).collect();
        self.answer(results);
    }
}

impl PendingReply {
    /// The statement continues after the deadline, up to its own: an append whose outcome is unknown by then may be stored
    /// later.
    async fn outcomes(self, deadline: Deadline) -> Vec<AppendResult> {
        let answered = match deadline.outcome(self.answer).await {
            Ok(answered) => answered,
            Err(timed_out) => {
                let unknown = |append| Err(outcome_unknown(append, timed_out.of(ACTION)));
                return self.appends.into_iter().map(unknown).collect();
            }
        };
        match answered {
            Ok(results) => results,
            // The task that ran the append panicked, or was cancelled with its runtime.
            Err(closed) => {
                self.appends.into_iter().map(|append| Err(outcome_unknown(append, closed.clone()))).collect()
            }
        }
    }
}

pub(super) fn missing_outcome() -> StoreError {
    StoreError::Corrupt { action: ACTION, source: "the append has no outcome".into() }
}

impl fmt::Debug for AppendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppendQueue").field(&self.admission).finish()
    }
}
