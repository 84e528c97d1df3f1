//! The order of jobs per stream: a job may be taken when it is the first on each of its streams.

use std::collections::{HashMap, VecDeque};

use eventsource_core::StreamId;

pub(super) struct StreamOrder<J> {
    next: u64,
    waiting: HashMap<u64, QueuedJob<J>>,
    /// By stream, who waits and, at the head, who may be in hand.
    lines: HashMap<StreamId, VecDeque<u64>>,
    /// Those at the head of all their lines.
    ready: VecDeque<u64>,
}

struct QueuedJob<J> {
    job: J,
    lines: Vec<StreamId>,
    /// In how many of its lines it is not at the head.
    behind: usize,
}

impl<J> Default for StreamOrder<J> {
    fn default() -> Self {
        Self { next: 0, waiting: HashMap::new(), lines: HashMap::new(), ready: VecDeque::new() }
    }
}

impl<J> StreamOrder<J> {
    pub(super) fn push(&mut self, lines: Vec<StreamId>, job: J) {
        let number = self.next;
        self.next += 1;
        let mut behind = 0;
        for line in &lines {
            let line = self.lines.entry(line.clone()).or_default();
            behind += usize::from(!line.is_empty());
            line.push_back(number);
        }
        if behind == 0 {
            self.ready.push_back(number);
        }
        self.waiting.insert(number, QueuedJob { job, lines, behind });
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn next(&self) -> Option<&J> {
        self.waiting.get(self.ready.front()?).map(|waiting| &waiting.job)
    }

    /// Takes the next one. It stays at the head of its lines until it leaves them.
    pub(super) fn take(&mut self) -> Option<(u64, Vec<StreamId>, J)> {
        let number = self.ready.pop_front()?;
        let QueuedJob { job, lines, .. } = self.waiting.remove(&number)?;
        Some((number, lines, job))
    }

    pub(super) fn leave(&mut self, number: u64, lines: &[StreamId]) {
        for stream in lines {
            let Some(line) = self.lines.get_mut(stream) else { continue };
            if line.front() != Some(&number) {
                continue;
            }
            line.pop_front();
            let Some(first) = line.front() else {
                self.lines.remove(stream);
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

    /// Gives up all who wait, but not the places of those in hand.
    pub(super) fn clear(&mut self) -> Vec<J> {
        self.ready.clear();
        let waiting = &self.waiting;
        self.lines.retain(|_, line| {
            line.retain(|number| !waiting.contains_key(number));
            !line.is_empty()
        });
        let mut abandoned: Vec<_> = self.waiting.drain().collect();
        abandoned.sort_unstable_by_key(|(number, _)| *number);
        abandoned.into_iter().map(|(_, waiting)| waiting.job).collect()
    }
}
