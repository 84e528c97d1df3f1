//! The accounts that the tests of projections work with.

use eventsource::{Projection, ProjectionError, memory::MemoryTransaction, prelude::*};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub(crate) enum AccountEvent {
    Deposited { amount: i64 },
    Closed,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
pub(crate) struct Account {
    closed: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        self.closed |= event == AccountEvent::Closed;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Deposit<'a>(#[command(id)] pub(crate) &'a str, pub(crate) i64);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the account is closed")]
pub(crate) struct Closed;

impl Handle<Deposit<'_>> for Account {
    type Error = Closed;

    fn handle(&self, deposit: &Deposit<'_>) -> Result<Vec<AccountEvent>, Closed> {
        if self.closed { Err(Closed) } else { Ok(vec![AccountEvent::Deposited { amount: deposit.1 }]) }
    }
}

/// The balance of each account, written by hand.
pub(crate) struct Balances;

#[async_trait::async_trait]
impl Projection<std::sync::Arc<MemoryStore>> for Balances {
    type Event = AccountEvent;
    const NAME: &'static str = "balances";

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        for event in events {
            if let AccountEvent::Deposited { amount } = event.event {
                let balance: i64 = transaction.get("balances", event.aggregate_id())?.unwrap_or_default();
                transaction.put("balances", event.aggregate_id(), &(balance + amount))?;
            }
        }
        Ok(())
    }
}
