//! Whose turn it is.
//!
//! A turn is taken and given back within one poll of a caller; whatever takes longer, as loading does, is done by a
//! task of its own meanwhile. A caller who is not polled for a while, in a branch of `select!` or a buffer of futures,
//! is in nobody's way.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::{pending::Standing, working_state::Known};
use crate::{
    Aggregate,
    source::{ReadError, queues::Seat},
    store::{EventStore, StoreError},
};

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
    /// Neither, and the last look was in vain: the commands up to this one are told why. Each would otherwise wait for
    /// those before it to find the store away, and then as long for itself.
    Failed(u64, Arc<StoreError>),
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
            Place::Unknown | Place::Failed(..) | Place::Away => None,
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
    /// Takes away what is here for the command of this number, unless it is away already.
    pub(super) fn take(&mut self, arrival: u64) -> Option<Result<Option<Known<A>>, StoreError>> {
        if let Self::Failed(last_arrival, error) = self
            && arrival <= *last_arrival
        {
            return Some(Err(StoreError::shared(error)));
        }
        match mem::replace(self, Self::Away) {
            Self::Known(known) => Some(Ok(Some(known))),
            Self::Unknown | Self::Failed(..) => Some(Ok(None)),
            Self::Away => None,
        }
    }
}

/// Brings back what was taken away, or else leaves it unknown, also if whoever has it panics or goes away.
pub(super) struct Away<A: Aggregate> {
    seat: Seat<A>,
    back: Place<A>,
}

impl<A: Aggregate> Away<A> {
    /// For one who has taken it.
    pub(super) fn from(seat: &Seat<A>) -> Self {
        Self { seat: seat.clone(), back: Place::Unknown }
    }

    /// What is to be decided on next, loaded if what was known is too old.
    pub(super) async fn load<S: EventStore>(
        &mut self,
        known: Option<Known<A>>,
        standing: Standing,
        store: &S,
    ) -> Result<Known<A>, ReadError> {
        let last_arrival = self.seat.turn.last_arrival();
        match Known::at(known, standing, store, self.seat.stream()).await {
            Ok(known) => Ok(known.fresh_for(last_arrival)),
            Err(ReadError::Store(error)) => {
                let error = Arc::new(error);
                self.back = Place::Failed(last_arrival, Arc::clone(&error));
                Err(StoreError::shared(&error).into())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn bring_back(mut self, known: Option<Known<A>>) {
        self.back = known.map_or(Place::Unknown, Place::Known);
    }
}

impl<A: Aggregate> Drop for Away<A> {
    fn drop(&mut self) {
        let turn = &self.seat.turn;
        *turn.place() = mem::replace(&mut self.back, Place::Unknown);
        turn.back.notify_waiters();
    }
}
