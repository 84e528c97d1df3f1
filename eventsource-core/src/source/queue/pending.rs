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
const TOGETHER: usize = 256;

#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    /// Told when nothing is left to append.
    idle: Notify,
}

#[derive(Default)]
struct State {
    /// Raised each time something fails: whatever was decided before is no longer right.
    epoch: u64,
    waiting: Vec<Parcel>,
    /// Whether somebody appends what is waiting.
    is_driven: bool,
}

/// How things stand.
#[derive(Clone, Copy)]
pub(in crate::source) struct Standing {
    pub(super) epoch: u64,
    /// Whether something is being appended, or waits for it.
    pub(super) is_busy: bool,
}

/// An append on its way, and who waits for its outcome.
pub(super) struct Parcel {
    pub(super) append: Append,
    /// To be kept once the append is stored.
    pub(super) snapshot: Option<Snapshot>,
    pub(super) reply: oneshot::Sender<Outcome>,
}

pub(super) enum Outcome {
    Settled(Result<Receipt, AppendError>),
    /// What it was decided on was not stored, for a reason of its own.
    Misled,
}

/// It will be appended.
pub(super) struct Put {
    /// Nobody is at it yet.
    pub(super) is_first: bool,
}

impl Parcel {
    pub(super) fn new(append: Append, snapshot: Option<Snapshot>) -> (Self, oneshot::Receiver<Outcome>) {
        let (reply, answer) = oneshot::channel();
        (Self { append, snapshot, reply }, answer)
    }
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn standing(&self) -> Standing {
        let state = self.state();
        Standing { epoch: state.epoch, is_busy: state.is_driven }
    }

    /// Returns how things stand when nothing is under way. Whoever has the turn waits for it: nobody else adds anything.
    pub(super) async fn idle(&self) -> Standing {
        loop {
            let notified = self.idle.notified();
            let standing = self.standing();
            if !standing.is_busy {
                return standing;
            }
            notified.await;
        }
    }

    /// Nothing, if the epoch in which it was decided is over.
    ///
    /// That is what keeps a decision from being appended to other events than those it was made on: the version it
    /// expects may meanwhile have been reached by somebody else.
    pub(super) fn put(&self, epoch: u64, parcel: Parcel) -> Option<Put> {
        let mut state = self.state();
        if state.epoch != epoch {
            return None;
        }
        state.waiting.push(parcel);
        let is_first = !state.is_driven;
        state.is_driven = true;
        Some(Put { is_first })
    }

    /// What waits, for the one who appends it; with nothing left that one's work has ended.
    pub(super) fn take(&self) -> Option<Vec<Parcel>> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.is_driven = false;
            self.idle.notify_waiters();
            return None;
        }
        let count = state.waiting.len().min(TOGETHER);
        Some(state.waiting.drain(..count).collect())
    }

    /// Something was not stored as expected: all that is decided and not yet sent was decided on it.
    pub(super) fn fail(&self) -> Vec<Parcel> {
        self.state().fail()
    }

    /// The one who appends has ended before it was done. In one step: whoever comes in between would wait for an
    /// appending that has ended, or go on with what failed.
    pub(super) fn abandon(&self) -> Vec<Parcel> {
        let mut state = self.state();
        state.is_driven = false;
        self.idle.notify_waiters();
        state.fail()
    }
}

impl State {
    fn fail(&mut self) -> Vec<Parcel> {
        self.epoch += 1;
        mem::take(&mut self.waiting)
    }
}
