//! What one watch has still to report: the latest state of each row, however slow its reader is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use super::{WatchError, WatchToken};
use crate::ReadModel;

/// How many rows may wait for a reader. One that is further behind begins again with all rows, which all such readers share.
const MOST_WAITING: usize = 10_000;

/// A row as it was read, or that there is none with this key.
pub(super) struct State<R: ReadModel> {
    /// The key as JSON.
    pub(super) text: Arc<str>,
    pub(super) key: R::Key,
    pub(super) row: Option<Arc<R>>,
}

/// States that are reported one after the other.
pub(super) type States<R> = Arc<[Arc<State<R>>]>;

pub(super) enum Message<R: ReadModel> {
    Reset,
    State(Arc<State<R>>),
    CaughtUp(WatchToken),
    /// The reader is too slow: it has to join again.
    Behind,
    Ended(WatchError),
}

pub(super) struct Mailbox<R: ReadModel>(Mutex<Waiting<R>>);

struct Waiting<R: ReadModel> {
    reset: bool,
    /// What is being reported, from an index on, and the token that is due after it.
    now: States<R>,
    at: usize,
    now_token: Option<WatchToken>,
    /// What is reported after that: one state per row.
    next: BTreeMap<Arc<str>, Arc<State<R>>>,
    next_token: Option<WatchToken>,
    /// The last token that was accepted.
    told: Option<WatchToken>,
    behind: Behind,
    ended: Option<WatchError>,
    /// Of a reader that waits for the next message.
    waker: Option<Waker>,
    /// When the reader was last woken, or has read.
    active: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    No,
    /// To be reported.
    Yes,
    /// Reported: what comes is ignored until the watch begins again.
    Told,
}

impl<R: ReadModel> Mailbox<R> {
    pub(super) fn new(after: Option<WatchToken>) -> Self {
        Self(Mutex::new(Waiting {
            reset: false,
            now: Arc::new([]),
            at: 0,
            now_token: None,
            next: BTreeMap::new(),
            next_token: None,
            told: after,
            behind: Behind::No,
            ended: None,
            waker: None,
            active: Instant::now(),
        }))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Each of these returns the waker of the reader.

    /// Begins with all rows.
    pub(super) fn begin(&self, rows: States<R>, token: WatchToken) -> Option<Waker> {
        let mut waiting = self.waiting();
        waiting.clear();
        waiting.behind = Behind::No;
        waiting.reset = true;
        (waiting.now, waiting.now_token, waiting.told) = (rows, Some(token), Some(token));
        waiting.wake()
    }

    /// Resumes with the states that have changed since. The position is reported also if it is the one resumed after.
    pub(super) fn resume(&self, states: &[Arc<State<R>>], token: WatchToken) -> Option<Waker> {
        self.waiting().add(states, token, true)
    }

    /// Adds states that were read together; all rows are as new as the token with them.
    pub(super) fn update(&self, states: &[Arc<State<R>>], token: WatchToken) -> Option<Waker> {
        self.waiting().add(states, token, !states.is_empty())
    }

    pub(super) fn end(&self, error: WatchError) -> Option<Waker> {
        let mut waiting = self.waiting();
        waiting.ended = Some(error);
        waiting.wake()
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Message<R>> {
        let mut waiting = self.waiting();
        waiting.active = Instant::now();
        match waiting.pop() {
            Some(message) => Poll::Ready(message),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Discards everything if the reader has not read for this time: a connection whose other end does not read would keep
    /// all rows in memory. When it reads again, it begins again.
    pub(super) fn discard_after(&self, time: Duration) {
        let mut waiting = self.waiting();
        if waiting.waker.is_some() || waiting.behind != Behind::No || waiting.active.elapsed() < time {
            return;
        }
        if waiting.at < waiting.now.len() || !waiting.next.is_empty() {
            waiting.clear();
            waiting.behind = Behind::Yes;
        } else {
            // It has read all rows, and not asked for more.
            (waiting.now, waiting.at) = (Arc::new([]), 0);
        }
    }

    /// Discards everything until the watch begins again.
    pub(super) fn discard(&self) {
        let mut waiting = self.waiting();
        waiting.clear();
        waiting.behind = Behind::Told;
    }
}

impl<R: ReadModel> Waiting<R> {
    fn add(&mut self, states: &[Arc<State<R>>], token: WatchToken, always: bool) -> Option<Waker> {
        if self.behind != Behind::No {
            return None;
        }
        for state in states {
            self.next.insert(Arc::clone(&state.text), Arc::clone(state));
        }
        if self.next.len() > MOST_WAITING {
            self.clear();
            self.behind = Behind::Yes;
        } else if always || self.told.is_none_or(|told| told.position < token.position) {
            // A position that another process has reported may be higher than the one that is known here.
            let position = self.told.map_or(token.position, |told| told.position.max(token.position));
            let token = WatchToken { position, ..token };
            (self.next_token, self.told) = (Some(token), Some(token));
        } else {
            return None;
        }
        self.wake()
    }

    fn wake(&mut self) -> Option<Waker> {
        if self.waker.is_some() {
            self.active = Instant::now();
        }
        self.waker.take()
    }

    fn pop(&mut self) -> Option<Message<R>> {
        if let Some(error) = self.ended.take() {
            return Some(Message::Ended(error));
        }
        if self.behind == Behind::Yes {
            self.behind = Behind::Told;
            return Some(Message::Behind);
        }
        if std::mem::take(&mut self.reset) {
            return Some(Message::Reset);
        }
        if self.at == self.now.len() && self.now_token.is_none() {
            self.now = std::mem::take(&mut self.next).into_values().collect();
            (self.at, self.now_token) = (0, self.next_token.take());
        }
        if let Some(state) = self.now.get(self.at) {
            self.at += 1;
            // A newer state replaces it, and is not reported twice.
            let newer = self.next.remove(&state.text);
            return Some(Message::State(newer.unwrap_or_else(|| Arc::clone(state))));
        }
        self.now_token.take().map(Message::CaughtUp)
    }

    fn clear(&mut self) {
        (self.now, self.at, self.now_token) = (Arc::new([]), 0, None);
        (self.reset, self.next_token) = (false, None);
        self.next.clear();
    }
}

#[cfg(test)]
pub(super) mod tests;
