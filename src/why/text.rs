//! The answer as a text for people.

use std::fmt;

use super::{
    Behind, Cause, ConsumerOfEvent, Expected, Handling, Pending, Why, WhyEvent, WorkerOfPartition,
    units::{age, relative},
};
use crate::{Timestamp, store::Escaped};

/// How many levels of a tree are indented: a chain of a thousand events would otherwise be wider than it is long.
const LEVELS: usize = 16;

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last_of_level = last_of_level(&self.events);
        let mut tree = Tree { why: self, first: self.first_time(), last_of_level, open: Vec::new() };
        if self.events.is_empty() {
            write!(f, "{}: no events", self.subject)?;
        }
        for (index, event) in self.events.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            tree.event(f, index, event)?;
        }
        // Those whose cause is not shown.
        let is_shown = |id| self.events.iter().any(|event| event.id.as_uuid() == id);
        tree.pending(f, "", &|it| !it.caused_by.is_some_and(is_shown))?;
        self.remarks(f)?;
        self.expected.iter().try_for_each(|expected| self.expectation(f, expected))
    }
}

/// For each event whether no other effect of its cause comes after it.
fn last_of_level(events: &[WhyEvent]) -> Vec<bool> {
    let mut later: Vec<bool> = Vec::new();
    let mut last: Vec<bool> = Vec::with_capacity(events.len());
    for event in events.iter().rev() {
        later.resize(event.depth + 1, false);
        last.push(!later[event.depth]);
        later[event.depth] = true;
    }
    last.reverse();
    last
}

impl Why {
    fn first_time(&self) -> Timestamp {
        let first = self.events.iter().min_by_key(|event| event.position);
        first.map_or(self.asked_at, |event| event.recorded_at)
    }

    fn remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(next) = self.next {
            let events = self.events.len();
            write!(f, "\nonly {events} events are shown: there are more after @{next}")?;
        }
        if self.has_earlier {
            write!(f, "\nearlier events of {} are left out: ask about one of them", self.subject)?;
        }
        for name in &self.not_searched {
            write!(f, "\n{} has so many timers that only the first ones were searched", Escaped(name))?;
        }
        let last = self.events.iter().map(|event| event.position).max().unwrap_or_default();
        if self.horizon < last {
            write!(f, "\nno consumer has read the events after the horizon @{} yet", self.horizon)?;
        }
        self.held_back_by.iter().try_for_each(|holder| write!(f, "\nthe horizon is held back by {holder}"))
    }

    fn expectation(&self, f: &mut fmt::Formatter<'_>, expected: &Expected) -> fmt::Result {
        write!(f, "\n{}: ", Escaped(&expected.event_type))?;
        if !expected.recorded.is_empty() {
            let positions: Vec<_> = expected.recorded.iter().map(|it| format!("@{it}")).collect();
            return write!(f, "recorded at {}", positions.join(", "));
        }
        match self.next {
            Some(_) => f.write_str("not among these events")?,
            None => f.write_str("not recorded")?,
        }
        let pending = self.pending.len();
        match &expected.waiting[..] {
            [] if pending > 0 => {
                write!(f, "; {pending} timers and scheduled commands are pending, see above")
            }
            [] => f.write_str("; all consumers of these events have handled them"),
            waiting => {
                write!(f, "; not all events were handled by {}, see above", Escaped(waiting.join(", ")))
            }
        }
    }
}

/// Writes the lines of a tree.
struct Tree<'a> {
    why: &'a Why,
    first: Timestamp,
    last_of_level: Vec<bool>,
    /// For each level, whether further events follow on it.
    open: Vec<bool>,
}

impl Tree<'_> {
    fn event(&mut self, f: &mut fmt::Formatter<'_>, index: usize, event: &WhyEvent) -> fmt::Result {
        self.open.truncate(event.depth);
        self.open.push(self.last_of_level.get(index) == Some(&false));
        if event.depth > 0 {
            self.lines(f, event.depth.min(LEVELS) - 1)?;
            f.write_str(if self.open.last() == Some(&true) { "├─ " } else { "└─ " })?;
            if event.depth > LEVELS {
                write!(f, "({} levels down) ", event.depth)?;
            }
        }
        let WhyEvent { event_type, stream, version, position, .. } = event;
        write!(f, "{} of {stream} v{version} @{position} ", Escaped(event_type))?;
        match index {
            0 => write!(f, "{:.3}", event.recorded_at)?,
            _ => f.write_str(&relative(event.recorded_at, self.first))?,
        }
        origin(f, event)?;
        let mut prefix = String::new();
        let has_more =
            event.effects > 0 && self.why.events.get(index + 1).is_some_and(|it| it.depth > event.depth);
        for level in 1..=event.depth.min(LEVELS) {
            prefix.push_str(if self.open.get(level).is_some_and(|open| *open) { "│  " } else { "   " });
        }
        prefix.push_str(if has_more { "│  " } else { "   " });
        consumers(f, &prefix, &event.consumers, self.why.asked_at)?;
        self.pending(f, &prefix, &|it| it.caused_by == Some(event.id.as_uuid()))
    }

    /// The lines that lead from events above to events below.
    fn lines(&self, f: &mut fmt::Formatter<'_>, levels: usize) -> fmt::Result {
        let open = |level: usize| self.open.get(level).is_some_and(|open| *open);
        (1..=levels).try_for_each(|level| f.write_str(if open(level) { "│  " } else { "   " }))
    }

    fn pending(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        prefix: &str,
        is_shown: &dyn Fn(&Pending) -> bool,
    ) -> fmt::Result {
        for it in self.why.pending.iter().filter(|it| is_shown(it)) {
            let (name, key, due) = (Escaped(&it.name), Escaped(&it.key), relative(it.due_at, self.first));
            write!(f, "\n{prefix}")?;
            match &it.timer {
                Some(timer) => write!(f, "timer \"{}\" of {name} {key}", Escaped(timer))?,
                None => write!(f, "scheduled command {name} {key}")?,
            }
            match &it.failed {
                Some(failed) => write!(f, " FAILED when it was due at {due}: {}", Escaped(failed))?,
                None => write!(f, " is due at {due}")?,
            }
        }
        Ok(())
    }
}

/// What led to an event, as far as the tree does not show it.
fn origin(f: &mut fmt::Formatter<'_>, event: &WhyEvent) -> fmt::Result {
    match (&event.timer, &event.reaction_of) {
        (Some(timer), Some(of)) => {
            write!(f, "  timer \"{}\" of {}", Escaped(timer), Escaped(of))?;
        }
        (_, Some(of)) => write!(f, "  by {}", Escaped(of))?,
        _ => {}
    }
    match &event.cause {
        Cause::Execution { id } => write!(f, "  execution {id}"),
        Cause::Unknown => f.write_str("  unknown cause"),
        Cause::Event { position } if event.depth == 0 => write!(f, "  caused by @{position}, in a cycle"),
        Cause::Event { .. } => Ok(()),
    }
}

fn consumers(
    f: &mut fmt::Formatter<'_>,
    prefix: &str,
    consumers: &[ConsumerOfEvent],
    now: Timestamp,
) -> fmt::Result {
    let name = |it: &ConsumerOfEvent| Escaped(&it.name).to_string();
    let width = consumers.iter().map(|it| name(it).chars().count()).max().unwrap_or(0);
    for it in consumers {
        write!(f, "\n{prefix}{:width$}  ", name(it))?;
        handling(f, it, &format!("{prefix}{:width$}  ", ""), now)?;
    }
    Ok(())
}

fn handling(f: &mut fmt::Formatter<'_>, of: &ConsumerOfEvent, prefix: &str, now: Timestamp) -> fmt::Result {
    match &of.handling {
        Handling::Handled { checkpoint, is_newer: true } if !of.kind.keeps_rows() => {
            write!(f, "past it (checkpoint @{checkpoint}), and newer: it may have begun after it")
        }
        Handling::Inline => f.write_str("handled (inline)"),
        Handling::Handled { checkpoint, .. } => write!(f, "handled (checkpoint @{checkpoint})"),
        Handling::Parked { key, since, error, attempts, more_keys } => {
            write!(f, "PARKED under {} since @{since}", Escaped(key))?;
            if let Some(error) = error {
                write!(f, ": {} ({attempts} attempts)", Escaped(error))?;
            }
            match more_keys {
                0 => Ok(()),
                more => write!(f, ", and under {more} more keys"),
            }
        }
        Handling::Discarded { key, reason } => {
            write!(f, "discarded under {}: {}", Escaped(key), Escaped(reason))
        }
        Handling::Stopped { behind, .. } | Handling::NotYet { behind, .. } => {
            let perhaps = if of.handling.may_be_handled() { "perhaps not yet: " } else { "not yet: " };
            for (index, it) in behind.iter().enumerate() {
                match index {
                    0 => f.write_str(perhaps)?,
                    _ => write!(f, "\n{prefix}{:1$}", "", perhaps.len())?,
                }
                partition(f, it, now)?;
            }
            Ok(())
        }
    }
}

fn partition(f: &mut fmt::Formatter<'_>, it: &Behind, now: Timestamp) -> fmt::Result {
    let Behind { partition, checkpoint, positions, .. } = it;
    write!(f, "partition {partition} is at @{checkpoint}, {positions} positions before it")?;
    if let Some(reason) = &it.stopped {
        return write!(f, ", STOPPED: {reason}");
    }
    let age = age(it.moved_at, now);
    match &it.worker {
        WorkerOfPartition::Lives { application } => {
            write!(f, ", processed by {}, moved {age} ago", Escaped(application))?;
        }
        WorkerOfPartition::Gone { application } => {
            write!(f, ", its worker {} gone, moved {age} ago", Escaped(application))?;
        }
        WorkerOfPartition::None => write!(f, ", without a worker, moved {age} ago")?,
    }
    match &it.last_error {
        Some(error) => write!(f, "; last error: {}", Escaped(error)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
