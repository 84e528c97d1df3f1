//! The desks of all aggregates that commands are under way for, and the memory of those that have none.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    cache::{AggregateCache, Cache},
    queue::Desk,
};
use crate::{Aggregate, StreamId};

/// Two kinds of aggregate may be folded from one stream, so the stream alone does not name one.
pub(super) type Key = (TypeId, StreamId);

pub(crate) struct Desks {
    open: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
    cache: Cache,
}

impl Desks {
    pub(super) fn new(cache: AggregateCache) -> Self {
        Self { open: Mutex::default(), cache: Cache::new(cache) }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Arc<dyn Any + Send + Sync>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat at the desk of this aggregate.
    pub(super) fn seat<A: Aggregate>(self: &Arc<Self>, stream: StreamId) -> Seat<A> {
        let key = (TypeId::of::<A>(), stream);
        let mut open = self.open();
        let desk = open.get(&key).and_then(|desk| Arc::clone(desk).downcast::<Desk<A>>().ok());
        let desk = desk.unwrap_or_else(|| {
            let desk = Arc::new(Desk::<A>::new(key.1.clone(), self.cache.take(&key)));
            open.insert(key, Arc::clone(&desk) as Arc<dyn Any + Send + Sync>);
            desk
        });
        Seat { desk: Some(desk), desks: Arc::clone(self) }
    }
}

/// Keeps a desk open. The last one who leaves closes it, and what is known of the aggregate is remembered.
pub(super) struct Seat<A: Aggregate> {
    desk: Option<Arc<Desk<A>>>,
    desks: Arc<Desks>,
}

impl<A: Aggregate> Clone for Seat<A> {
    fn clone(&self) -> Self {
        Self { desk: self.desk.clone(), desks: Arc::clone(&self.desks) }
    }
}

impl<A: Aggregate> Deref for Seat<A> {
    type Target = Desk<A>;

    fn deref(&self) -> &Desk<A> {
        self.desk.as_ref().expect("there until dropped")
    }
}

impl<A: Aggregate> Drop for Seat<A> {
    fn drop(&mut self) {
        let Some(desk) = self.desk.take() else { return };
        let key = (TypeId::of::<A>(), desk.stream().clone());
        let desk = {
            let mut open = self.desks.open();
            // New seats are given out under the lock, or by someone who has one.
            if Arc::strong_count(&desk) > 2 {
                drop(desk);
                return;
            }
            drop(open.remove(&key));
            // Still under the lock: whoever opens the desk next is to find what this one knew.
            let desk = Arc::into_inner(desk);
            desk.and_then(Desk::rest).map(|resting| self.desks.cache.put(key, resting))
        };
        // What was forgotten for it is the domain's, and dropped outside the lock.
        drop(desk);
    }
}
