//! The timers of a generation.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use eventsource_core::store::{Timer, TimerChange, TimerCursor, TimerId, TimerQuery};

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Each with its partition.
    timers: BTreeMap<TimerId, (u32, Timer)>,
    /// The order in which they are listed, and fire.
    order: BTreeSet<TimerCursor>,
}

impl Timers {
    /// Changes a timer; returns whether it existed before, in the form that is to fire if the change says so.
    pub(super) fn change(&mut self, partition: u32, change: &TimerChange) -> bool {
        match change {
            TimerChange::Set(timer) => {
                let existed = self.remove(&timer.id());
                self.order.insert(timer.cursor());
                self.timers.insert(timer.id(), (partition, timer.clone()));
                existed
            }
            TimerChange::Cancel(id) => self.remove(id),
            TimerChange::CancelAll { key } => {
                let first = TimerId { key: key.clone(), name: String::new() };
                let of_key = self.timers.range(first..).take_while(|(id, _)| id.key == *key);
                let ids: Vec<_> = of_key.map(|(id, _)| id.clone()).collect();
                ids.iter().filter(|id| self.remove(id)).count() > 0
            }
            TimerChange::Fire(timer) => self.has(timer) && self.remove(&timer.id()),
            TimerChange::Replace { timer, by } => {
                self.has(timer) && self.change(partition, &TimerChange::Set(by.clone()))
            }
        }
    }

    /// Whether there is this timer.
    pub(super) fn has(&self, timer: &Timer) -> bool {
        self.timers.get(&timer.id()).is_some_and(|(_, kept)| kept == timer)
    }

    fn remove(&mut self, id: &TimerId) -> bool {
        let removed = self.timers.remove(id);
        removed.is_some_and(|(_, timer)| self.order.remove(&timer.cursor()))
    }

    pub(super) fn list(&self, query: &TimerQuery) -> Vec<Timer> {
        let after = query.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let in_order = self.order.range((after, Bound::Unbounded));
        let due = in_order.take_while(|it| query.due_by.is_none_or(|due_by| it.due_at <= due_by));
        let of_key = due.filter(|it| query.key.as_ref().is_none_or(|key| it.key == *key));
        let found = of_key.filter_map(|it| {
            let (partition, timer) =
                self.timers.get(&TimerId { key: it.key.clone(), name: it.name.clone() })?;
            query.partition.is_none_or(|wanted| wanted == *partition).then(|| timer.clone())
        });
        found.take(query.limit).collect()
    }
}
