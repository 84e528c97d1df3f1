//! Holding a worker up in the middle of what it does.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// Where a worker is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has read events, and not yet begun a transaction.
    Reading,
    /// It has written what came of them, in a transaction that is to be lost with its connection.
    Writing,
    /// It has done outside what was to be done.
    Outside,
}

/// Holds a worker up, at the place that is closed.
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

    /// How often somebody was held up.
    pub(crate) fn held_up(&self) -> usize {
        self.held_up.load(Ordering::SeqCst)
    }

    /// Whether who comes here is held up: the first one.
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

    /// The same for code that cannot wait in another way. The other tasks of its thread are handed on, or those that
    /// append what is to open the gate might be among them.
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
