//! Accounts whose names and amounts must not be shown.

use std::{sync::Arc, time::Duration};

use eventsource::{FailurePolicy, OnFailure, memory::MemoryTransaction, prelude::*};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub(super) enum AccountEvent {
    Opened { owner: Uuid, kind: Kind, since: Timestamp },
    Deposited { amount: i64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub(super) enum Kind {
    Private,
    Business { number: u32 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
pub(super) struct Account {
    balance: i64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        if let AccountEvent::Deposited { amount } = event {
            self.balance += amount;
        }
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(super) struct Deposit<'a>(#[command(id)] pub(super) &'a str, pub(super) i64);

#[derive(Debug, thiserror::Error)]
#[error("the balance would be negative")]
pub(super) struct Negative;

impl Handle<Deposit<'_>> for Account {
    type Error = Negative;

    fn handle(&self, deposit: &Deposit<'_>) -> Result<Vec<AccountEvent>, Negative> {
        match self.balance + deposit.1 {
            0.. => Ok(vec![AccountEvent::Deposited { amount: deposit.1 }]),
            _ => Err(Negative),
        }
    }
}

/// Fails on each event with an error that names the account.
pub(super) struct Failing {
    pub(super) then: OnFailure,
}

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Failing {
    type Event = AccountEvent;
    const NAME: &'static str = "failing";

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        _: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        let account = events.first().map(|event| event.aggregate_id().to_owned()).unwrap_or_default();
        Err(ProjectionError::new(format!("the mail server does not know {account}")))
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(2).min_delay(Duration::from_millis(1)).then(self.then)
    }
}
