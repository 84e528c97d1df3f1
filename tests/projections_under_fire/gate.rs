//! Holding a worker in the middle of a batch.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// The place at which a worker is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has read events, and not begun a transaction yet.
    Reading,
    /// It has written rows in a transaction that will be lost with its connection.
    Writing,
    /// It has had its effect outside the store.
    Outside,
}

/// Holds a worker at the place that is closed.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Mutex<Option<Place>>,
    held_up: AtomicUsize,
    opened: Notify,
    is_open: AtomicBool,
}

impl Gate {
    pub(crate) fn close(&self, place: Place) {
        self.is_open.store(false, Ordering::SeqCst);
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    pub(crate) fn open(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.is_open.store(true, Ordering::SeqCst);
        self.opened.notify_waiters();
    }

    /// How many times a worker was held.
    pub(crate) fn held_up(&self) -> usize {
        self.held_up.load(Ordering::SeqCst)
    }

    /// Whether a worker that arrives here is held: only the first one.
    fn holds_up(&self, place: Place) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let holds_up = *closed == Some(place);
        if holds_up {
            *closed = None;
            self.held_up.fetch_add(1, Ordering::SeqCst);
        }
        holds_up
    }

    pub(crate) async fn pass(&self, place: Place) {
        if self.holds_up(place) {
            loop {
                let opened = self.opened.notified();
                if self.is_open.load(Ordering::SeqCst) {
                    return;
                }
                opened.await;
            }
        }
    }

    /// The same for synchronous code. The other tasks of its thread are moved to another thread, because a task
    /// that has to open the gate might be among them.
    pub(crate) fn pass_at_once(&self, place: Place) {
        if self.holds_up(place) {
            tokio::task::block_in_place(|| {
                while !self.is_open.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        }
    }
}
