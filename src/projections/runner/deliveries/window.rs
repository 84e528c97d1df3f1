//! The events that a handler was given and that are not committed, in the order of the log: which of them can be handled
//! now, and up to where all of them are.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::{
    Position,
    projections::consumer::{Deliver, Job, parked},
    store::ParkedEvent,
};

/// The number of an event in the order in which it was taken.
pub(super) type Number = u64;

/// Between the committed events and the end of what was read.
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: Number,
    /// The events of each key that are not handled yet, in order. Only the first can be handled.
    lines: HashMap<String, VecDeque<Number>>,
    /// The events that can be handled now.
    ready: BTreeSet<Number>,
    /// The keys that have a parked event, in the store or here.
    parked: HashSet<String>,
    /// Of these, the keys whose events are being retried.
    retried: HashSet<String>,
    /// Up to here the log was read.
    read: Position,
    /// No event at or after this position is handled.
    stop: Option<Position>,
}

struct Entry {
    job: Job,
    state: State,
}

enum State {
    /// To be handled, or being handled.
    Open,
    Handled,
    Parked {
        error: Option<String>,
        attempts: usize,
    },
}

/// What the events at the beginning of the window come to, up to the first that is not handled.
pub(super) struct Prefix {
    pub(super) upto: Position,
    pub(super) parked: Vec<ParkedEvent>,
    pub(super) handled: u64,
}

impl Window {
    pub(super) fn new(read: Position, parked: HashSet<String>) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            lines: HashMap::new(),
            ready: BTreeSet::new(),
            parked,
            retried: HashSet::new(),
            read,
            stop: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn read(&self) -> Position {
        self.read
    }

    /// Records that all events up to here were taken.
    pub(super) fn read_to(&mut self, read: Position) {
        self.read = self.read.max(read);
    }

    /// Takes the next event of the log.
    pub(super) fn take(&mut self, job: Job) {
        let number = self.first + self.entries.len() as u64;
        let waits = self.parked.contains(&job.key) && !self.retried.contains(&job.key);
        let state = if waits { behind() } else { State::Open };
        if !waits {
            let is_free = !self.parked.contains(&job.key);
            let line = self.lines.entry(job.key.clone()).or_default();
            line.push_back(number);
            if is_free && line.len() == 1 {
                self.ready.insert(number);
            }
        }
        self.entries.push_back(Entry { job, state });
    }

    /// The next event to be handled, which is then being handled.
    pub(super) fn start(&mut self) -> Option<(Number, Arc<dyn Deliver>)> {
        let number = *self.ready.first()?;
        if self.stop.is_some_and(|stop| self.entry(number).job.position() >= stop) {
            return None;
        }
        self.ready.remove(&number);
        Some((number, Arc::clone(&self.entry(number).job.event)))
    }

    /// Whether an event can be handled now.
    pub(super) fn can_start(&self) -> bool {
        let is_before = |&number| self.stop.is_none_or(|stop| self.entry(number).job.position() < stop);
        self.ready.first().is_some_and(is_before)
    }

    pub(super) fn event(&self, number: Number) -> &Arc<dyn Deliver> {
        &self.entry(number).job.event
    }

    pub(super) fn key(&self, number: Number) -> &str {
        &self.entry(number).job.key
    }

    /// The event is handled: the next one of its key can be.
    pub(super) fn handled(&mut self, number: Number) {
        self.entry_mut(number).state = State::Handled;
        let key = self.entry(number).job.key.clone();
        if let Some(line) = self.lines.get_mut(&key) {
            line.pop_front();
            match line.front() {
                Some(next) => {
                    self.ready.insert(*next);
                }
                None => {
                    self.lines.remove(&key);
                }
            }
        }
    }

    /// The event failed, and is to be handled again.
    pub(super) fn again(&mut self, number: Number) {
        self.ready.insert(number);
    }

    /// Parks the event, and the later events of its key behind it.
    pub(super) fn park(&mut self, number: Number, error: String, attempts: usize) {
        let key = self.entry(number).job.key.clone();
        self.park_behind(&key);
        self.entry_mut(number).state = State::Parked { error: Some(error), attempts };
        self.parked.insert(key);
    }

    fn park_behind(&mut self, key: &str) {
        for number in self.lines.remove(key).into_iter().flatten() {
            self.entry_mut(number).state = behind();
        }
    }

    pub(super) fn has_parked(&self) -> bool {
        !self.parked.is_empty()
    }

    /// Begins to retry the events of a key that the store has parked. Its events in the window wait for them. Returns
    /// whether it has parked events, and is not retried already.
    pub(super) fn begin_retry(&mut self, key: &str) -> bool {
        if !self.parked.contains(key) || !self.retried.insert(key.to_owned()) {
            return false;
        }
        let mut line = VecDeque::new();
        for (number, entry) in (self.first..).zip(&mut self.entries) {
            if entry.job.key == key && matches!(entry.state, State::Parked { .. }) {
                entry.state = State::Open;
                line.push_back(number);
            }
        }
        if !line.is_empty() {
            self.lines.insert(key.to_owned(), line);
        }
        true
    }

    /// The store has no parked event of the key any more.
    pub(super) fn unparked(&mut self, key: &str) {
        self.parked.remove(key);
        self.retried.remove(key);
        if let Some(next) = self.lines.get(key).and_then(VecDeque::front) {
            self.ready.insert(*next);
        }
    }

    /// An event of the key failed again.
    pub(super) fn failed_again(&mut self, key: &str) {
        self.retried.remove(key);
        self.park_behind(key);
    }

    /// Handles no event at or after this position.
    pub(super) fn stop_before(&mut self, position: Position) {
        self.stop = Some(self.stop.map_or(position, |stop| stop.min(position)));
    }

    /// What can be committed.
    pub(super) fn prefix(&self) -> Prefix {
        let open = self.entries.iter().find(|entry| matches!(entry.state, State::Open));
        let end = open.map_or(self.read, |entry| before(entry.job.position()));
        let upto = self.stop.map_or(end, |stop| end.min(before(stop)));
        let mut prefix = Prefix { upto, parked: Vec::new(), handled: 0 };
        // By position and key: several events of a key that were upcast from one stored event are parked as that stored
        // event.
        let mut to_park = BTreeMap::new();
        for entry in self.entries.iter().take_while(|entry| entry.job.position() <= upto) {
            match &entry.state {
                State::Parked { error, attempts } => {
                    let key = (entry.job.position(), &entry.job.key);
                    let event =
                        || parked(&entry.job.key, entry.job.event.context(), error.clone(), *attempts);
                    to_park.entry(key).or_insert_with(event);
                }
                State::Open | State::Handled => prefix.handled += 1,
            }
        }
        prefix.parked = to_park.into_values().collect();
        prefix
    }

    /// Whether the first event is handled or parked, so that more than before can be committed.
    pub(super) fn has_prefix(&self) -> bool {
        self.entries.front().is_some_and(|entry| {
            !matches!(entry.state, State::Open) && self.stop.is_none_or(|stop| entry.job.position() < stop)
        })
    }

    /// There is no event at or before this position that is not committed; see [`prefix`](Self::prefix).
    pub(super) fn start_position(&self) -> Position {
        let start = self.entries.front().map_or(self.read, |entry| before(entry.job.position()));
        self.stop.map_or(start, |stop| start.min(before(stop)))
    }

    /// Drops what was committed.
    pub(super) fn committed(&mut self, upto: Position) {
        while self.entries.front().is_some_and(|entry| entry.job.position() <= upto) {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    fn entry(&self, number: Number) -> &Entry {
        &self.entries[self.index(number)]
    }

    fn entry_mut(&mut self, number: Number) -> &mut Entry {
        let index = self.index(number);
        &mut self.entries[index]
    }

    fn index(&self, number: Number) -> usize {
        usize::try_from(number - self.first).expect("an entry of the window")
    }
}

fn behind() -> State {
    State::Parked { error: None, attempts: 0 }
}

fn before(position: Position) -> Position {
    Position::new(position.get().saturating_sub(1))
}

#[cfg(test)]
mod tests;
