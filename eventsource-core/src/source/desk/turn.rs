//! Whose turn it is.
//!
//! A turn is taken and given back within one poll of a caller; whatever takes longer, as loading does, is done by a
//! task of its own meanwhile. A caller who is not polled for a while, in a branch of `select!` or a buffer of futures,
//! is in nobody's way.

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::known::Known;
use crate::{Aggregate, source::desks::Seat};

pub(super) struct Turn<A: Aggregate> {
    place: Mutex<Place<A>>,
    /// Told when what was away is back.
    back: Notify,
    /// How many commands have come so far.
    arrivals: AtomicU64,
}

/// What is known of the aggregate.
pub(super) enum Place<A: Aggregate> {
    Known(Known<A>),
    /// Nothing yet, or not any more.
    Unknown,
    /// Somebody loads it, or keeps it.
    Away,
}

impl<A: Aggregate> Turn<A> {
    pub(super) fn new(known: Option<Known<A>>) -> Self {
        let place = Mutex::new(known.map_or(Place::Unknown, Place::Known));
        Self { place, back: Notify::new(), arrivals: AtomicU64::new(0) }
    }

    /// Nobody waits under this lock, or panics but in code of the domain, for which what is known was taken out.
    pub(super) fn place(&self) -> MutexGuard<'_, Place<A>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_known(self) -> Option<Known<A>> {
        match self.place.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Place::Known(known) => Some(known),
            Place::Unknown | Place::Away => None,
        }
    }

    /// The number of a command that comes now.
    pub(super) fn arrive(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of the last command that has come.
    pub(super) fn last_arrival(&self) -> u64 {
        self.arrivals.load(Ordering::SeqCst)
    }

    /// Waits until `take` gets something. It is asked again each time that what was away is back.
    pub(super) async fn wait_for<T>(&self, mut take: impl FnMut() -> Option<T>) -> T {
        loop {
            let back = self.back.notified();
            if let Some(taken) = take() {
                return taken;
            }
            back.await;
        }
    }
}

impl<A: Aggregate> Place<A> {
    /// Takes away what is here, unless it is away already.
    pub(super) fn take(&mut self) -> Option<Option<Known<A>>> {
        match mem::replace(self, Self::Away) {
            Self::Known(known) => Some(Some(known)),
            Self::Unknown => Some(None),
            Self::Away => None,
        }
    }
}

/// Brings back what was taken away, or else leaves it unknown, also if whoever has it panics or goes away.
pub(super) struct Away<A: Aggregate> {
    pub(super) seat: Seat<A>,
    pub(super) known: Option<Known<A>>,
}

impl<A: Aggregate> Away<A> {
    pub(super) fn bring_back(mut self, known: Known<A>) {
        self.known = Some(known);
    }
}

impl<A: Aggregate> Drop for Away<A> {
    fn drop(&mut self) {
        let turn = &self.seat.turn;
        *turn.place() = self.known.take().map_or(Place::Unknown, Place::Known);
        turn.back.notify_waiters();
    }
}
