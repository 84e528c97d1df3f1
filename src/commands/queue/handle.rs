//! The queues of all aggregates with commands in progress, and the cache of the others.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    cache::{AggregateCache, Cache, Key},
    command_queue::CommandQueue,
};
use crate::{Aggregate, StreamId};

pub(crate) struct CommandQueues {
    open: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
    cache: Cache,
}

impl CommandQueues {
    pub(in crate::commands) fn new(cache: AggregateCache) -> Self {
        Self { open: Mutex::default(), cache: Cache::new(cache) }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Arc<dyn Any + Send + Sync>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle to the queue of this aggregate, which is opened if necessary.
    pub(in crate::commands) fn handle<A: Aggregate>(self: &Arc<Self>, stream: StreamId) -> QueueHandle<A> {
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

/// Keeps a queue open. Dropping the last handle closes it, and moves the state to the cache.
pub(in crate::commands) struct QueueHandle<A: Aggregate> {
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
        self.queue.as_ref().expect("present until dropped")
    }
}

impl<A: Aggregate> Drop for QueueHandle<A> {
    fn drop(&mut self) {
        let Some(queue) = self.queue.take() else { return };
        let key = (TypeId::of::<A>(), queue.stream.clone());
        let queue = {
            let mut open = self.queues.open();
            // New handles are made under the lock, or cloned from one.
            if Arc::strong_count(&queue) > 2 {
                drop(queue);
                return;
            }
            drop(open.remove(&key));
            // Still under the lock: the next caller that opens the queue must find this state in the cache.
            let queue = Arc::into_inner(queue);
            queue.and_then(CommandQueue::into_cached).map(|cached| self.queues.cache.put(key, cached))
        };
        // Evicted states belong to the domain, and are dropped outside the lock.
        drop(queue);
    }
}
