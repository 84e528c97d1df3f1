//! The log of outages: a line when one begins, at growing distances while it lasts, and when it is over.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use eventsource_core::engine::with_causes;
use tokio::time::Instant;

use super::assignment::Unit;
use crate::{ProjectionError, store::StoreError};

/// The time from the first line to the second one. Each further distance is twice as long.
const FIRST_DISTANCE: Duration = Duration::from_secs(5);
/// The longest distance.
const LONGEST_DISTANCE: Duration = Duration::from_secs(300);
/// How many different causes of one outage are logged when they are new.
const CAUSES: usize = 8;

/// The outages that the tasks of a process see at the moment: of the store, and per projection, which may need other
/// services too.
#[derive(Default)]
pub(super) struct Outages(Mutex<HashMap<Option<String>, Outage>>);

/// A task that can see an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Coordinator,
    Feed,
    Runner(Unit),
}

struct Outage {
    since: Instant,
    /// The tasks whose last call failed.
    failing: HashSet<Task>,
    /// The causes that were logged.
    causes: HashSet<String>,
    log_at: Instant,
    distance: Duration,
}

impl Outages {
    fn all(&self) -> MutexGuard<'_, HashMap<Option<String>, Outage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of a task failed. It is tried again.
    pub(super) fn failed(&self, projection: Option<&str>, task: Task, error: &StoreError) {
        if matches!(error, StoreError::Contended { .. }) {
            tracing::debug!(
                projection,
                error = with_causes(error),
                "another transaction was preferred; trying again"
            );
            return;
        }
        if let Some(lasts) = self.is_due(projection, task, error) {
            let error = with_causes(error);
            tracing::warn!(projection, error, ?lasts, "the store failed; trying again until it is back");
        }
    }

    /// What the events of a task need is missing. It is tried again.
    pub(super) fn missing(&self, projection: Option<&str>, task: Task, error: &ProjectionError) {
        if let Some(lasts) = self.is_due(projection, task, error.inner()) {
            tracing::warn!(projection, %error, ?lasts, "an event cannot be processed yet; trying again until it can");
        }
    }

    /// Counts a failure. If a line is due, returns how long the outage lasts.
    fn is_due(&self, projection: Option<&str>, task: Task, error: &dyn Error) -> Option<Duration> {
        let now = Instant::now();
        let mut all = self.all();
        let outage = all.entry(projection.map(str::to_owned)).or_insert_with(|| Outage::begins(now));
        outage.failing.insert(task);
        outage.is_due(root_of(error), now).then(|| now - outage.since)
    }

    /// A call of a task succeeded.
    pub(super) fn succeeded(&self, projection: Option<&str>, task: Task) {
        if let Some(outage) = self.without(projection, task) {
            tracing::info!(projection, lasted = ?outage.since.elapsed(), "the outage is over");
        }
    }

    /// A task ended, whether the outage is over or not.
    pub(super) fn ended(&self, projection: Option<&str>, task: Task) {
        self.without(projection, task);
    }

    /// The outage, if this task was the last that saw it.
    fn without(&self, projection: Option<&str>, task: Task) -> Option<Outage> {
        let mut all = self.all();
        let key = projection.map(str::to_owned);
        let outage = all.get_mut(&key)?;
        outage.failing.remove(&task);
        if outage.failing.is_empty() { all.remove(&key) } else { None }
    }
}

impl Outage {
    fn begins(now: Instant) -> Self {
        let (failing, causes) = (HashSet::new(), HashSet::new());
        Self { since: now, failing, causes, log_at: now, distance: FIRST_DISTANCE }
    }

    /// Whether a line is due: the time has come, or the cause is new.
    fn is_due(&mut self, cause: String, now: Instant) -> bool {
        let is_new = self.causes.len() < CAUSES && self.causes.insert(cause);
        let is_time = now >= self.log_at;
        if is_time {
            self.log_at = now + self.distance;
            self.distance = (self.distance * 2).min(LONGEST_DISTANCE);
        }
        is_new || is_time
    }
}

/// The last cause: other causes name what the task was doing.
fn root_of(error: &dyn Error) -> String {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_at_growing_distances_and_when_its_cause_changes() {
        let start = Instant::now();
        let mut outage = Outage::begins(start);
        let mut logged = Vec::new();
        for seconds in 0..2_000 {
            let cause = if seconds < 40 { "refused" } else { "starting up" };
            if outage.is_due(cause.to_owned(), start + Duration::from_secs(seconds)) {
                logged.push(seconds);
            }
        }
        assert_eq!(logged, [0, 5, 15, 35, 40, 75, 155, 315, 615, 915, 1215, 1515, 1815]);
    }

    #[test]
    fn causes_that_differ_each_time_are_not_logged_each_time() {
        let start = Instant::now();
        let mut outage = Outage::begins(start);
        let logged = (0..1_000).filter(|n| outage.is_due(format!("process {n}"), start)).count();
        assert_eq!(logged, CAUSES);
    }

    #[test]
    fn an_outage_is_over_when_no_task_sees_it_any_more() {
        let outages = Outages::default();
        let error = StoreError::Unavailable { action: "reading the log", source: "refused".into() };
        outages.failed(None, Task::Feed, &error);
        outages.failed(None, Task::Coordinator, &error);
        outages.failed(Some("orders"), Task::Feed, &error);
        assert!(outages.without(None, Task::Feed).is_none(), "the coordinator sees it");
        assert!(outages.without(None, Task::Coordinator).is_some());
        assert!(outages.without(None, Task::Coordinator).is_none(), "once");
        assert!(outages.without(Some("orders"), Task::Feed).is_some());
    }
}
