//! What several changes of timers are together, for a store that writes each row once.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{Timer, TimerChange, TimerId};

/// What changes of timers are together. A store applies the parts in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimerEffects<'a> {
    /// Removed, each once. If the store does not have one of them exactly as it is here, nothing is changed.
    pub fired: Vec<&'a Timer>,
    /// The keys of which all other timers are removed.
    pub cleared: Vec<&'a str>,
    /// Removed, if they exist.
    pub cancelled: Vec<TimerId>,
    /// Set: each id once, and none of them is cancelled.
    pub set: Vec<&'a Timer>,
}

impl<'a> TimerEffects<'a> {
    /// The effects of changes that are made in this order. Timers fire as they were before all of them.
    #[must_use]
    pub fn of(changes: &'a [TimerChange]) -> Self {
        let (mut fired, mut cleared) = (Vec::new(), BTreeSet::new());
        // The timer that an id has in the end; `None` if it has none.
        let mut left: BTreeMap<TimerId, Option<&Timer>> = BTreeMap::new();
        for change in changes {
            match change {
                TimerChange::Set(timer) => {
                    left.insert(timer.id(), Some(timer));
                }
                TimerChange::Cancel(id) => {
                    left.insert(id.clone(), None);
                }
                TimerChange::CancelAll { key } => {
                    left.retain(|id, _| id.key != *key);
                    cleared.insert(key.as_str());
                }
                TimerChange::Fire(timer) => {
                    let id = timer.id();
                    // One that was set meanwhile to something else stays.
                    if left.get(&id) == Some(&Some(timer)) {
                        left.insert(id, None);
                    }
                    fired.push(timer);
                }
                TimerChange::Replace { timer, by } => {
                    left.insert(by.id(), Some(by));
                    fired.push(timer);
                }
            }
        }
        fired.sort_by_key(|timer| timer.cursor());
        fired.dedup();
        let cancelled = left.iter().filter(|(_, timer)| timer.is_none()).map(|(id, _)| id.clone()).collect();
        let set = left.into_values().flatten().collect();
        Self { fired, cleared: cleared.into_iter().collect(), cancelled, set }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn timer(name: &str, data: &str) -> Timer {
        Timer { key: "a".into(), name: name.into(), due_at: Timestamp::MIN, data: data.into() }
    }

    fn set(name: &str, data: &str) -> TimerChange {
        TimerChange::Set(timer(name, data))
    }

    fn cancel(name: &str) -> TimerChange {
        TimerChange::Cancel(timer(name, "").id())
    }

    fn cancel_all() -> TimerChange {
        TimerChange::CancelAll { key: "a".into() }
    }

    fn fire(name: &str, data: &str) -> TimerChange {
        TimerChange::Fire(timer(name, data))
    }

    #[test]
    fn the_last_change_of_a_timer_counts() {
        let changes = [set("x", "1"), cancel("x"), set("x", "2"), set("y", "3"), cancel("y"), cancel("z")];
        let effects = TimerEffects::of(&changes);
        assert_eq!(effects.set, [&timer("x", "2")]);
        assert_eq!(effects.cancelled, [timer("y", "").id(), timer("z", "").id()]);
        assert!(effects.fired.is_empty() && effects.cleared.is_empty());
    }

    #[test]
    fn what_is_set_after_all_were_cancelled_stays() {
        let changes = [set("x", "1"), cancel("z"), cancel_all(), set("y", "2"), cancel_all(), set("x", "3")];
        let effects = TimerEffects::of(&changes);
        assert_eq!(effects.cleared, ["a"]);
        assert_eq!(effects.set, [&timer("x", "3")]);
        assert!(effects.cancelled.is_empty(), "those of the key are removed with the others");
    }

    #[test]
    fn a_timer_fires_once_and_may_be_set_again() {
        let changes = [fire("x", "1"), fire("x", "1"), set("x", "2"), fire("y", "1")];
        let effects = TimerEffects::of(&changes);
        assert_eq!(effects.fired, [&timer("x", "1"), &timer("y", "1")]);
        assert_eq!(effects.set, [&timer("x", "2")]);
        assert!(effects.cancelled.is_empty());
    }

    #[test]
    fn a_timer_that_is_set_and_then_fires_is_left_only_if_it_is_another_one() {
        let changes = [set("x", "1"), fire("x", "1"), set("y", "2"), fire("y", "1")];
        let effects = TimerEffects::of(&changes);
        assert_eq!(effects.fired, [&timer("x", "1"), &timer("y", "1")]);
        assert_eq!(
            (&effects.set[..], effects.cancelled),
            (&[&timer("y", "2")][..], vec![timer("x", "").id()])
        );
    }

    #[test]
    fn a_timer_is_replaced_only_as_it_is() {
        let changes = [TimerChange::Replace { timer: timer("x", "1"), by: timer("x", "2") }];
        let effects = TimerEffects::of(&changes);
        assert_eq!((effects.fired, effects.set), (vec![&timer("x", "1")], vec![&timer("x", "2")]));
    }

    #[test]
    fn two_forms_of_one_timer_cannot_both_fire() {
        let changes = [fire("x", "1"), fire("x", "2")];
        assert_eq!(TimerEffects::of(&changes).fired.len(), 2, "a store has at most one of them");
    }
}
