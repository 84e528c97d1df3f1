//! Replaying the log: all recorded events, counted and folded from the first one.

use std::collections::{BTreeMap, HashMap};

use eventsource::{ReadError, prelude::*, store::EventStore};
use futures_util::TryStreamExt;

use super::{
    activity::Activity,
    domain::{Application, ApplicationEvent, ApplicationId, Outcome},
};

/// The contents of the log about some applications.
#[derive(Debug, Default)]
pub struct Replayed {
    pub events: u64,
    pub activities: HashMap<Activity, u64>,
    pub outcomes: BTreeMap<Outcome, u64>,
}

/// Replays the log of the store. Only these applications are counted: the store may hold others.
///
/// # Errors
///
/// If an event cannot be read or decoded.
pub async fn replay<S: EventStore>(
    es: &EventSource<S>,
    applications: &[ApplicationId],
) -> Result<Replayed, ReadError> {
    let mut states: HashMap<String, Application> =
        applications.iter().map(|id| (id.to_string(), Application::default())).collect();
    let mut replayed = Replayed::default();
    let mut log = es.replay::<ApplicationEvent>(Position::START);
    while let Some(recorded) = log.try_next().await? {
        let Some(state) = states.get_mut(recorded.aggregate_id()) else { continue };
        replayed.events += 1;
        *replayed.activities.entry(Activity::from(&recorded.event)).or_default() += 1;
        state.apply(recorded.event);
    }
    for state in states.values() {
        *replayed.outcomes.entry(state.outcome()).or_default() += 1;
    }
    Ok(replayed)
}
