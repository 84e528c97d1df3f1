//! One row per clerk: their acts.

use eventsource::prelude::*;

use super::super::domain::{ApplicationEvent, Clerk};

/// The acts of a clerk so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "clerk_workloads")]
pub struct ClerkWorkload {
    #[read_model(key)]
    pub clerk: Clerk,
    /// All acts. The following fields are parts of it.
    pub acts: u32,
    pub work_started: u32,
    pub work_completed: u32,
    pub offers_sent: u32,
    pub decisions: u32,
    pub first_act: Timestamp,
    pub last_act: Timestamp,
}

impl Fold<ApplicationEvent> for ClerkWorkload {
    /// The clerk is not always known.
    fn key(event: &Recorded<ApplicationEvent>) -> Option<Clerk> {
        event.event.act().clerk
    }

    fn fold(row: Option<Self>, event: &Recorded<ApplicationEvent>) -> Change<Self> {
        let act = event.event.act();
        let Some(clerk) = act.clerk else { return Change::Keep };
        let mut row = row.unwrap_or_else(|| Self::new(clerk, act.at));
        row.acts += 1;
        match event.event {
            ApplicationEvent::WorkStarted(_) => row.work_started += 1,
            ApplicationEvent::WorkCompleted(_) => row.work_completed += 1,
            ApplicationEvent::OfferSent(_) => row.offers_sent += 1,
            ApplicationEvent::Approved(_)
            | ApplicationEvent::Declined(_)
            | ApplicationEvent::Cancelled(_) => row.decisions += 1,
            _ => {}
        }
        // The log has the order in which things were recorded. Acts of a clerk on several applications may have
        // been recorded in another order than they were done.
        row.first_act = row.first_act.min(act.at);
        row.last_act = row.last_act.max(act.at);
        Change::Put(row)
    }
}

impl ClerkWorkload {
    fn new(clerk: Clerk, at: Timestamp) -> Self {
        Self {
            clerk,
            acts: 0,
            work_started: 0,
            work_completed: 0,
            offers_sent: 0,
            decisions: 0,
            first_act: at,
            last_act: at,
        }
    }
}
