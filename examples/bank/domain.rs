//! The domain: the events and commands of an account, and how it handles them.

use eventsource::prelude::*;

/// What can happen to an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub(crate) enum AccountEvent {
    /// Version 1 had no currency: all accounts were in euros then.
    #[event(version = 2, from(OpenedV1))]
    Opened {
        owner: String,
        currency: Currency,
    },
    Deposited {
        amount: u64,
    },
    Withdrawn {
        amount: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) enum Currency {
    Eur,
    Usd,
}

/// The payload of `account.opened` before accounts had a currency. Kept permanently, to read those events.
#[derive(Debug, Deserialize, Schema)]
pub(crate) struct OpenedV1 {
    owner: String,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.owner, currency: Currency::Eur }
    }
}

/// The state of an account that commands need. Amounts are in cents.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = str, snapshot(version = 1, every = 100))]
pub(crate) struct Account {
    pub(crate) currency: Option<Currency>,
    pub(crate) balance: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { currency, .. } => self.currency = Some(currency),
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
        }
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("the account is open already")]
    AlreadyOpen,
    #[error("there is no such account")]
    NotOpen,
    #[error("the account holds {balance} cents, but {amount} were requested")]
    InsufficientFunds { balance: u64, amount: u64 },
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Open {
    #[command(id)]
    pub(crate) account: String,
    pub(crate) owner: String,
    pub(crate) currency: Currency,
}

impl Handle<Open> for Account {
    type Error = AccountError;

    fn handle(&self, open: &Open) -> Result<Vec<AccountEvent>, AccountError> {
        if self.currency.is_some() {
            return Err(AccountError::AlreadyOpen);
        }
        Ok(vec![AccountEvent::Opened { owner: open.owner.clone(), currency: open.currency }])
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Deposit {
    #[command(id)]
    pub(crate) account: String,
    pub(crate) amount: u64,
}

impl Handle<Deposit> for Account {
    type Error = AccountError;

    fn handle(&self, deposit: &Deposit) -> Result<Vec<AccountEvent>, AccountError> {
        if self.currency.is_none() {
            return Err(AccountError::NotOpen);
        }
        Ok(vec![AccountEvent::Deposited { amount: deposit.amount }])
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Withdraw {
    #[command(id)]
    pub(crate) account: String,
    pub(crate) amount: u64,
}

impl Handle<Withdraw> for Account {
    type Error = AccountError;

    fn handle(&self, withdraw: &Withdraw) -> Result<Vec<AccountEvent>, AccountError> {
        let Self { balance, .. } = *self;
        let amount = withdraw.amount;
        if self.currency.is_none() {
            return Err(AccountError::NotOpen);
        }
        if amount > balance {
            return Err(AccountError::InsufficientFunds { balance, amount });
        }
        Ok(vec![AccountEvent::Withdrawn { amount }])
    }
}
