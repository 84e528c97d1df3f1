//! What a process has done and no assertion has named yet.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    Event, Timestamp,
    reacting::{Process, process::effects::ProcessCommand},
};

pub(super) struct Left<P: Process> {
    pub(super) events: VecDeque<P::Event>,
    pub(super) commands: VecDeque<Arc<dyn ProcessCommand<P>>>,
    pub(super) timers: VecDeque<LeftTimer>,
    /// How many instances have completed.
    pub(super) completed: usize,
    /// How many inputs were ignored.
    pub(super) ignored: usize,
}

/// A change of a timer.
pub(super) enum LeftTimer {
    /// `base` is the time of the input.
    Set {
        name: String,
        due_at: Timestamp,
        base: Timestamp,
    },
    Cancelled {
        name: String,
    },
}

impl<P: Process> Default for Left<P> {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            commands: VecDeque::new(),
            timers: VecDeque::new(),
            completed: 0,
            ignored: 0,
        }
    }
}

impl<P: Process> Left<P> {
    /// What the process does, as the end of a sentence each.
    pub(super) fn names(&self) -> Vec<String> {
        let events = self.events.iter().map(|event| format!("records `{}`", event.event_type().name));
        let commands = self.commands.iter().map(|it| format!("executes `{}`", it.command().name()));
        let completed = (0..self.completed).map(|_| "completes".to_owned());
        let ignored = (0..self.ignored).map(|_| "ignores the input".to_owned());
        let timers = self.timers.iter().map(LeftTimer::text);
        events.chain(commands).chain(timers).chain(completed).chain(ignored).collect()
    }
}

impl LeftTimer {
    fn text(&self) -> String {
        match self {
            Self::Set { name, due_at, .. } => format!("sets the timer `{name}` for {due_at}"),
            Self::Cancelled { name } => format!("cancels the timer `{name}`"),
        }
    }
}

/// The same, or that there is none.
pub(super) fn or_no_timer(timer: Option<LeftTimer>) -> String {
    timer.map_or_else(|| "sets and cancels no further timer".to_owned(), |timer| timer.text())
}
