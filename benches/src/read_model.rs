//! The read models of the replays: one row per application or account, which every event changes.

use eventsource::prelude::*;

use crate::{AccountEvent, ApplicationEvent, decoded::Decoded, loan_applications::domain::Submission};

/// The progress of an application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "application_progress")]
pub struct ApplicationProgress {
    /// The number of the application.
    #[read_model(key)]
    pub application: String,
    /// The number of its events.
    pub events: u32,
    /// The requested amount.
    pub amount: u32,
    /// The type of the last event.
    pub last_event: String,
    /// The time of the last event.
    pub last_at: Timestamp,
}

impl Fold<ApplicationEvent> for ApplicationProgress {
    fn key(event: &Recorded<ApplicationEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<ApplicationEvent>) -> Change<Self> {
        let (events, amount) = row.map_or((0, 0), |row| (row.events, row.amount));
        Change::Put(Self {
            application: event.aggregate_id().to_owned(),
            events: events + 1,
            amount: match event.event {
                ApplicationEvent::Submitted(Submission { amount, .. }) => amount.0,
                _ => amount,
            },
            last_event: event.context.event_type.to_string(),
            last_at: event.event.at(),
        })
    }
}

/// The balance of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "account_balances")]
pub struct AccountBalance {
    /// The account.
    #[read_model(key)]
    pub account: String,
    /// The number of its events.
    pub events: u32,
    /// The balance.
    pub amount: i64,
    /// The type of the last event.
    pub last_event: String,
    /// The time of the last event.
    pub last_at: Timestamp,
}

impl Fold<AccountEvent> for AccountBalance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let (events, amount) = row.map_or((0, 0), |row| (row.events, row.amount));
        Change::Put(Self {
            account: event.aggregate_id().to_owned(),
            events: events + 1,
            amount: amount + event.event.amount(),
            last_event: event.context.event_type.to_string(),
            last_at: event.event.at(),
        })
    }
}
