//! One row per application: its state, its amount, when it was submitted and decided.

use std::fmt;

use eventsource::prelude::*;

use super::{
    super::domain::{ApplicationEvent, ApplicationId, Euros, Submission},
    application_of,
};

/// An application, for statistics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "loan_applications", partitions = 4)]
pub struct ApplicationRow {
    #[read_model(key)]
    pub application: ApplicationId,
    pub state: State,
    pub amount: Euros,
    pub submitted_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}

/// The state of an application. After the approval, entering the loan in the books and paying it out do not change
/// the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Submitted,
    PartlySubmitted,
    Preaccepted,
    Accepted,
    Finalized,
    Approved,
    Declined,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::Submitted,
        Self::PartlySubmitted,
        Self::Preaccepted,
        Self::Accepted,
        Self::Finalized,
        Self::Approved,
        Self::Declined,
        Self::Cancelled,
    ];

    /// Whether only paperwork follows.
    pub fn is_decided(self) -> bool {
        matches!(self, Self::Approved | Self::Declined | Self::Cancelled)
    }

    /// The state that an event leads to, if it leads to another.
    fn after(event: &ApplicationEvent) -> Option<Self> {
        match event {
            ApplicationEvent::Submitted(_) => Some(Self::Submitted),
            ApplicationEvent::PartlySubmitted(_) => Some(Self::PartlySubmitted),
            ApplicationEvent::Preaccepted(_) => Some(Self::Preaccepted),
            ApplicationEvent::Accepted(_) => Some(Self::Accepted),
            ApplicationEvent::Finalized(_) => Some(Self::Finalized),
            ApplicationEvent::Approved(_) => Some(Self::Approved),
            ApplicationEvent::Declined(_) => Some(Self::Declined),
            ApplicationEvent::Cancelled(_) => Some(Self::Cancelled),
            _ => None,
        }
    }
}

impl Fold<ApplicationEvent> for ApplicationRow {
    /// Most events are about offers and work. They have no key here, so they cost nothing.
    fn key(event: &Recorded<ApplicationEvent>) -> Option<ApplicationId> {
        State::after(&event.event).and_then(|_| application_of(event))
    }

    fn fold(row: Option<Self>, event: &Recorded<ApplicationEvent>) -> Change<Self> {
        let (Some(application), Some(state)) = (application_of(event), State::after(&event.event)) else {
            return Change::Keep;
        };
        if let ApplicationEvent::Submitted(Submission { amount, at, .. }) = event.event {
            return Change::Put(Self { application, state, amount, submitted_at: at, decided_at: None });
        }
        let Some(row) = row else { return Change::Keep };
        let decided_at = if state.is_decided() { Some(event.event.at()) } else { row.decided_at };
        Change::Put(Self { state, decided_at, ..row })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submitted => "submitted",
            Self::PartlySubmitted => "partly submitted",
            Self::Preaccepted => "preaccepted",
            Self::Accepted => "accepted",
            Self::Finalized => "finalized",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        })
    }
}
