//! The order of jobs per stream: a job can be taken when it is the first in the queue of each of its streams.

use std::collections::{HashMap, VecDeque};

use eventsource_core::StreamId;

pub(super) struct StreamOrder<J> {
    next: u64,
    waiting: HashMap<u64, QueuedJob<J>>,
    /// By stream, the numbers of the queued jobs. The job at the head may have been taken already.
    queues: HashMap<StreamId, VecDeque<u64>>,
    /// The jobs that are at the head of all their queues.
    ready: VecDeque<u64>,
}

struct QueuedJob<J> {
    job: J,
    streams: Vec<StreamId>,
    /// The number of queues in which the job is not at the head.
    behind: usize,
}

impl<J> Default for StreamOrder<J> {
    fn default() -> Self {
        Self { next: 0, waiting: HashMap::new(), queues: HashMap::new(), ready: VecDeque::new() }
    }
}

impl<J> StreamOrder<J> {
    pub(super) fn push(&mut self, streams: Vec<StreamId>, job: J) {
        let number = self.next;
        self.next += 1;
        let mut behind = 0;
        for stream in &streams {
            let queue = self.queues.entry(stream.clone()).or_default();
            behind += usize::from(!queue.is_empty());
            queue.push_back(number);
        }
        if behind == 0 {
            self.ready.push_back(number);
        }
        self.waiting.insert(number, QueuedJob { job, streams, behind });
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn next(&self) -> Option<&J> {
        self.waiting.get(self.ready.front()?).map(|waiting| &waiting.job)
    }

    /// Takes the next job. It stays at the head of its queues until `leave`.
    pub(super) fn take(&mut self) -> Option<(u64, Vec<StreamId>, J)> {
        let number = self.ready.pop_front()?;
        let QueuedJob { job, streams, .. } = self.waiting.remove(&number)?;
        Some((number, streams, job))
    }

    pub(super) fn leave(&mut self, number: u64, streams: &[StreamId]) {
        for stream in streams {
            let Some(queue) = self.queues.get_mut(stream) else { continue };
            if queue.front() != Some(&number) {
                continue;
            }
            queue.pop_front();
            let Some(first) = queue.front() else {
                self.queues.remove(stream);
                continue;
            };
            if let Some(waiting) = self.waiting.get_mut(first) {
                waiting.behind -= 1;
                if waiting.behind == 0 {
                    self.ready.push_back(*first);
                }
            }
        }
    }

    /// Removes all queued jobs, but keeps the places of the jobs that were taken.
    pub(super) fn clear(&mut self) -> Vec<J> {
        self.ready.clear();
        let waiting = &self.waiting;
        self.queues.retain(|_, queue| {
            queue.retain(|number| !waiting.contains_key(number));
            !queue.is_empty()
        });
        let mut abandoned: Vec<_> = self.waiting.drain().collect();
        abandoned.sort_unstable_by_key(|(number, _)| *number);
        abandoned.into_iter().map(|(_, waiting)| waiting.job).collect()
    }
}
