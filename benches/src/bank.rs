//! The bank: accounts that are opened, with deposits and withdrawals. An event has about 150 bytes with its metadata.

use std::sync::atomic::{AtomicU64, Ordering};

use eventsource::prelude::*;

use crate::Error;

/// The events of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub enum AccountEvent {
    /// The account was opened.
    Opened(Opening),
    /// Money was deposited.
    Deposited(Entry),
    /// Money was withdrawn.
    Withdrawn(Entry),
}

/// The owner and the time of an opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Opening {
    /// The owner.
    pub owner: String,
    /// The time.
    pub at: Timestamp,
}

/// A deposit or a withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Entry {
    /// The amount, in cents.
    pub amount: u64,
    /// The number of its order; each number occurs once.
    pub reference: u64,
    /// The time.
    pub at: Timestamp,
    /// The purpose.
    pub note: String,
}

/// The part of an account that its decisions need.
#[derive(Debug, Clone, Default, PartialEq, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
pub struct Account {
    /// Whether it was opened.
    pub open: bool,
    /// The balance, in cents.
    pub balance: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened(_) => self.open = true,
            AccountEvent::Deposited(entry) => self.balance += entry.amount,
            AccountEvent::Withdrawn(entry) => self.balance -= entry.amount,
        }
    }
}

/// Why an account rejects a command.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The account is open already.
    #[error("the account is open already")]
    AlreadyOpen,
    /// The account was never opened.
    #[error("there is no such account")]
    NotOpen,
    /// The balance is too low.
    #[error("the account holds {balance} cents")]
    Overdrawn {
        /// The balance, in cents.
        balance: u64,
    },
}

/// Open an account.
#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub struct Open {
    /// The account.
    #[command(id)]
    pub account: String,
    /// The owner.
    pub opening: Opening,
}

/// Put money into an account.
#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub struct Deposit {
    /// The account.
    #[command(id)]
    pub account: String,
    /// The money.
    pub entry: Entry,
}

/// Take money out of an account.
#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub struct Withdraw {
    /// The account.
    #[command(id)]
    pub account: String,
    /// The money.
    pub entry: Entry,
}

static DECISIONS: AtomicU64 = AtomicU64::new(0);

/// How often deposits and withdrawals were handled in this process: each at least once, and again after each conflict.
pub fn decisions() -> u64 {
    DECISIONS.load(Ordering::Relaxed)
}

impl Handle<Open> for Account {
    type Error = Refusal;

    fn handle(&self, open: &Open) -> Result<Vec<AccountEvent>, Refusal> {
        if self.open {
            return Err(Refusal::AlreadyOpen);
        }
        Ok(vec![AccountEvent::Opened(open.opening.clone())])
    }
}

impl Handle<Deposit> for Account {
    type Error = Refusal;

    fn handle(&self, deposit: &Deposit) -> Result<Vec<AccountEvent>, Refusal> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        if !self.open {
            return Err(Refusal::NotOpen);
        }
        Ok(vec![AccountEvent::Deposited(deposit.entry.clone())])
    }
}

impl Handle<Withdraw> for Account {
    type Error = Refusal;

    fn handle(&self, withdraw: &Withdraw) -> Result<Vec<AccountEvent>, Refusal> {
        DECISIONS.fetch_add(1, Ordering::Relaxed);
        if !self.open {
            return Err(Refusal::NotOpen);
        }
        if withdraw.entry.amount > self.balance {
            return Err(Refusal::Overdrawn { balance: self.balance });
        }
        Ok(vec![AccountEvent::Withdrawn(withdraw.entry.clone())])
    }
}

impl Entry {
    /// The entry of the order with this number.
    #[must_use]
    pub fn ordered(reference: u64) -> Self {
        let note = "standing order, rent".to_owned();
        Self { amount: 100 + reference % 900, reference, at: Timestamp::now(), note }
    }
}

/// The metadata of an event.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Metadata {
    pub(crate) channel: &'static str,
    pub(crate) client: &'static str,
}

impl Metadata {
    pub(crate) fn of_client() -> Self {
        Self { channel: "branch", client: "web-4711" }
    }

    pub(crate) fn encoded(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }
}

impl AccountEvent {
    /// The type name and the payload, by hand.
    pub(crate) fn encoded(&self) -> (&'static str, String) {
        let (event_type, payload) = match self {
            Self::Opened(opening) => ("account.opened", serde_json::to_string(opening)),
            Self::Deposited(entry) => ("account.deposited", serde_json::to_string(entry)),
            Self::Withdrawn(entry) => ("account.withdrawn", serde_json::to_string(entry)),
        };
        (event_type, payload.expect("texts and numbers are JSON"))
    }

    /// The event of this type with this payload, by hand: the type name chooses the struct, as one would write
    /// it without a framework.
    pub(crate) fn decoded(event_type: &str, payload: &str) -> Result<Self, Error> {
        Ok(match event_type {
            "account.opened" => Self::Opened(serde_json::from_str(payload)?),
            "account.deposited" => Self::Deposited(serde_json::from_str(payload)?),
            "account.withdrawn" => Self::Withdrawn(serde_json::from_str(payload)?),
            other => return Err(format!("{other} is not an event of an account").into()),
        })
    }
}
