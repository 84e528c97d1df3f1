//! What was decided and is to be appended, in order.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

use crate::{
    Snapshot,
    store::{Append, AppendError, Receipt},
};

/// How many appends are handed to the store at once.
const GROUP_SIZE: usize = 256;

#[derive(Default)]
pub(super) struct PendingAppends {
    state: Mutex<State>,
    /// Told when nothing is left to append.
    idle: Notify,
}

#[derive(Default)]
struct State {
    /// Raised each time something fails: whatever was decided before is no longer right.
    epoch: u64,
    waiting: Vec<PendingAppend>,
    /// Whether somebody appends what is waiting.
    is_committing: bool,
}

/// How things stand.
#[derive(Clone, Copy)]
pub(in crate::source) struct QueueStatus {
    pub(super) epoch: u64,
    /// Whether something is being appended, or waits for it.
    pub(super) is_busy: bool,
}

/// An append on its way, and who waits for its outcome.
pub(super) struct PendingAppend {
    pub(super) append: Append,
    /// To be kept once the append is stored.
    pub(super) snapshot: Option<Snapshot>,
    pub(super) reply: oneshot::Sender<AppendOutcome>,
}

pub(super) enum AppendOutcome {
    Done(Result<Receipt, AppendError>),
    /// What it was decided on was not stored, for a reason of its own.
    Stale,
}

/// It will be appended.
pub(super) struct Enqueued {
    /// Nobody is at it yet.
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

    /// Returns how things stand when nothing is under way. Whoever has the turn waits for it: nobody else adds anything.
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

    /// Nothing, if the epoch in which it was decided is over.
    ///
    /// That is what keeps a decision from being appended to other events than those it was made on: the version it
    /// expects may meanwhile have been reached by somebody else.
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

    /// What waits, for the one who appends it; with nothing left that one's work has ended.
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

    /// Something was not stored as expected: all that is decided and not yet sent was decided on it.
    pub(super) fn fail(&self) -> Vec<PendingAppend> {
        self.state().fail()
    }

    /// The one who appends has ended before it was done. In one step: whoever comes in between would wait for an
    /// appending that has ended, or go on with what failed.
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
