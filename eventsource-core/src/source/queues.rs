//! The desks of all aggregates that commands are under way for, and the memory of those that have none.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    cache::{AggregateCache, Cache},
    queue::CommandQueue,
};
use crate::{Aggregate, StreamId};

/// Two kinds of aggregate may be folded from one stream, so the stream alone does not name one.
pub(super) type Key = (TypeId, StreamId);

pub(crate) struct CommandQueues {
    open: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
    cache: Cache,
}

impl CommandQueues {
    pub(super) fn new(cache: AggregateCache) -> Self {
        Self { open: Mutex::default(), cache: Cache::new(cache) }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Arc<dyn Any + Send + Sync>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat at the desk of this aggregate.
    pub(super) fn handle<A: Aggregate>(self: &Arc<Self>, stream: StreamId) -> QueueHandle<A> {
        let key = (TypeId::of::<A>(), stream);
        let mut open = self.open();
        let queue = open.get(&key).and_then(|queue| Arc::clone(queue).downcast::<CommandQueue<A>>().ok());
        let queue = queue.unwrap_or_else(|| {
            let queue = Arc::new(CommandQueue::<A>::new(key.1.clone(), self.cache.take(&key)));
            open.insert(key, Arc::clone(&queue) as Arc<dyn Any + Send + Sync>);
            queue
        });
        QueueHandle { queue: Some(queue), queues: Arc::clone(self) }
    }
}

/// Keeps a desk open. The last one who leaves closes it, and what is known of the aggregate is remembered.
pub(super) struct QueueHandle<A: Aggregate> {
    queue: Option<Arc<CommandQueue<A>>>,
    queues: Arc<CommandQueues>,
}

impl<A: Aggregate> Clone for QueueHandle<A> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), queues: Arc::clone(&self.queues) }
    }
}

impl<A: Aggregate> Deref for QueueHandle<A> {
    type Target = CommandQueue<A>;

    fn deref(&self) -> &CommandQueue<A> {
        self.queue.as_ref().expect("there until dropped")
    }
}

impl<A: Aggregate> Drop for QueueHandle<A> {
    fn drop(&mut self) {
        let Some(queue) = self.queue.take() else { return };
        let key = (TypeId::of::<A>(), queue.stream().clone());
        let queue = {
            let mut open = self.queues.open();
            // New seats are given out under the lock, or by someone who has one.
            if Arc::strong_count(&queue) > 2 {
                drop(queue);
                return;
            }
            drop(open.remove(&key));
            // Still under the lock: whoever opens the desk next is to find what this one knew.
            let queue = Arc::into_inner(queue);
            queue.and_then(CommandQueue::into_cached).map(|cached| self.queues.cache.put(key, cached))
        };
        // What was forgotten for it is the domain's, and dropped outside the lock.
        drop(queue);
    }
}
