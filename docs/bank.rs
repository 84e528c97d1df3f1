// The model of the examples in the documentation, included by each of them.
use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
struct Account {
    balance: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
        }
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Deposit<'a>(#[command(id)] &'a str, u64);

impl Handle<Deposit<'_>> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, deposit: &Deposit<'_>) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Deposited { amount: deposit.1 }])
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Withdraw<'a>(#[command(id)] &'a str, u64);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the balance is {0}")]
struct Overdrawn(u64);

impl Handle<Withdraw<'_>> for Account {
    type Error = Overdrawn;

    fn handle(&self, withdraw: &Withdraw<'_>) -> Result<Vec<AccountEvent>, Overdrawn> {
        match withdraw.1 {
            amount if amount > self.balance => Err(Overdrawn(self.balance)),
            amount => Ok(vec![AccountEvent::Withdrawn { amount }]),
        }
    }
}

type Tried = Result<(), Box<dyn std::error::Error>>;
