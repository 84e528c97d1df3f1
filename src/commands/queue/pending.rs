//! Appends that wait to be committed, in order.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

use crate::{
    Snapshot,
    store::{Append, AppendError, Receipt},
};

/// How many appends are handed to the store as one group.
const GROUP_SIZE: usize = 256;

#[derive(Default)]
pub(super) struct PendingAppends {
    state: Mutex<State>,
    /// Notified when nothing is pending.
    idle: Notify,
}

#[derive(Default)]
struct State {
    /// Raised each time an append fails: events produced before are no longer valid.
    epoch: u64,
    waiting: Vec<PendingAppend>,
    /// Whether a committer runs.
    is_committing: bool,
}

/// The status of a queue.
#[derive(Clone, Copy)]
pub(in crate::commands) struct QueueStatus {
    pub(super) epoch: u64,
    /// Whether an append is pending or being committed.
    pub(super) is_busy: bool,
}

/// An append, and the caller that waits for its outcome.
pub(super) struct PendingAppend {
    pub(super) append: Append,
    /// Written once the append is stored.
    pub(super) snapshot: Option<Snapshot>,
    pub(super) reply: oneshot::Sender<AppendOutcome>,
}

pub(super) enum AppendOutcome {
    Done(Result<Receipt, AppendError>),
    /// An append that it depends on was not stored.
    Stale,
}

/// The append was accepted.
pub(super) struct Enqueued {
    /// No committer runs yet: the caller starts one.
    pub(super) is_first: bool,
}

impl PendingAppend {
    pub(super) fn new(
        append: Append,
        snapshot: Option<Snapshot>,
    ) -> (Self, oneshot::Receiver<AppendOutcome>) {
        let (reply, answer) = oneshot::channel();
        (Self { append, snapshot, reply }, answer)
    }
}

impl PendingAppends {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> QueueStatus {
        let state = self.state();
        QueueStatus { epoch: state.epoch, is_busy: state.is_committing }
    }

    /// Waits until nothing is pending. For a caller that holds the state: no other caller can add an append
    /// meanwhile.
    pub(super) async fn idle(&self) -> QueueStatus {
        loop {
            let notified = self.idle.notified();
            let status = self.status();
            if !status.is_busy {
                return status;
            }
            notified.await;
        }
    }

    /// Enqueues an append; `None` if the epoch in which its command was handled is over.
    ///
    /// This prevents events from being appended after other events than those that their command was handled on:
    /// another process may have brought the stream to the expected version meanwhile.
    pub(super) fn enqueue(&self, epoch: u64, append: PendingAppend) -> Option<Enqueued> {
        let mut state = self.state();
        if state.epoch != epoch {
            return None;
        }
        state.waiting.push(append);
        let is_first = !state.is_committing;
        state.is_committing = true;
        Some(Enqueued { is_first })
    }

    /// The next group, for the committer; `None` ends it.
    pub(super) fn take(&self) -> Option<Vec<PendingAppend>> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.is_committing = false;
            self.idle.notify_waiters();
            return None;
        }
        let count = state.waiting.len().min(GROUP_SIZE);
        Some(state.waiting.drain(..count).collect())
    }

    /// An append was not stored as expected: all appends that still wait depend on it.
    pub(super) fn fail(&self) -> Vec<PendingAppend> {
        self.state().fail()
    }

    /// The committer ended before it was done. In one step: a command that arrived in between would wait for a
    /// committer that has ended, or be handled on events that were not stored.
    pub(super) fn abandon(&self) -> Vec<PendingAppend> {
        let mut state = self.state();
        state.is_committing = false;
        self.idle.notify_waiters();
        state.fail()
    }
}

impl State {
    fn fail(&mut self) -> Vec<PendingAppend> {
        self.epoch += 1;
        mem::take(&mut self.waiting)
    }
}
