//! One row per open work item: scheduled or in progress, and not completed.

use eventsource::prelude::*;

use super::{
    super::domain::{ApplicationEvent, ApplicationId, Clerk, WorkItem},
    application_of,
};

/// Work that waits for a clerk or is in progress. An application has at most one item of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "open_work_items", partitions = 2)]
pub struct OpenWorkItem {
    #[read_model(key)]
    pub application: ApplicationId,
    #[read_model(key)]
    pub work: WorkItem,
    pub state: WorkState,
    /// Who scheduled or started it, if that is known.
    pub clerk: Option<Clerk>,
    /// Since when it is in this state.
    pub since: Timestamp,
}

/// What an open work item is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// For a clerk.
    Waiting,
    /// For the clerk to complete it.
    InHand,
}

impl OpenWorkItem {
    pub fn is_in_hand(&self) -> bool {
        self.state == WorkState::InHand
    }
}

impl Fold<ApplicationEvent> for OpenWorkItem {
    fn key(event: &Recorded<ApplicationEvent>) -> Option<(ApplicationId, WorkItem)> {
        let (ApplicationEvent::WorkScheduled(act)
        | ApplicationEvent::WorkStarted(act)
        | ApplicationEvent::WorkCompleted(act)) = &event.event
        else {
            return None;
        };
        Some((application_of(event)?, act.work))
    }

    fn fold(row: Option<Self>, event: &Recorded<ApplicationEvent>) -> Change<Self> {
        let in_hand = row.is_some_and(|row| row.is_in_hand());
        let (state, act) = match event.event {
            // The clerk who has started it keeps it.
            ApplicationEvent::WorkScheduled(_) if in_hand => return Change::Keep,
            ApplicationEvent::WorkScheduled(act) => (WorkState::Waiting, act),
            ApplicationEvent::WorkStarted(act) => (WorkState::InHand, act),
            // Completed or to be continued later: then it is started again, without being scheduled.
            _ => return Change::Delete,
        };
        let Some(application) = application_of(event) else { return Change::Keep };
        Change::Put(Self { application, work: act.work, state, clerk: act.clerk, since: act.at })
    }
}
