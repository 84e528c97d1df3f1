//! The generated code triggers no lint, however strict.

#![deny(
    deprecated,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    unused,
    unused_qualifications
)]
#![deny(clippy::all, clippy::pedantic, clippy::indexing_slicing, clippy::unreachable)]
#![forbid(unsafe_code)]

use eventsource::prelude::*;

/// The events of an account.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub enum AccountEvent {
    /// Opened.
    #[event(version = 3, from(OpenedV1, OpenedV2), upcast(1 = split))]
    Opened {
        /// The owner.
        owner: String,
    },
    /// Changed.
    #[event(was("account.renamed"))]
    Changed(Change),
    /// Closed.
    #[deprecated = "accounts stay open"]
    Closed,
}

/// A change.
#[derive(Debug, Serialize, Deserialize, Schema)]
pub struct Change {
    /// The new owner.
    pub owner: String,
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    names: Vec<String>,
}

#[derive(Deserialize, Schema)]
struct OpenedV2 {
    name: String,
}

impl From<OpenedV2> for AccountEvent {
    fn from(old: OpenedV2) -> Self {
        Self::Opened { owner: old.name }
    }
}

fn split(old: OpenedV1, _: &EventContext) -> impl IntoIterator<Item = AccountEvent> {
    old.names.into_iter().map(|owner| AccountEvent::Opened { owner })
}

/// All events.
#[derive(Debug, EventSet)]
pub enum BankEvent {
    /// Events of an account.
    Account(AccountEvent),
}

/// The state.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, every = 100))]
pub struct Account {
    open: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        self.open = matches!(event, AccountEvent::Opened { .. });
    }
}

/// A command.
#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub struct Open {
    /// Which.
    #[command(id)]
    pub account: String,
}

/// A row.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", version = 2, partitions = 4, setup = false)]
pub struct Balance {
    /// The owner.
    #[read_model(key)]
    pub account: String,
    /// Which.
    #[deprecated = "there is one"]
    #[read_model(key, sql = "varchar(3)")]
    pub currency: String,
    amount: Option<i64>,
}

#[test]
fn derived_code_works_under_strict_lints() {
    let opened = crate::recorded::decode::<BankEvent>("account.opened", 1, r#"{"names":["Ann"]}"#).unwrap();
    let mut account = Account::default();
    for BankEvent::Account(event) in opened {
        account.apply(event);
    }
    assert!(account.open);
    assert_eq!(Open { account: "acc-1".to_owned() }.aggregate_id(), "acc-1");
    assert_eq!(Balance::table().key_columns().count(), 2);
}
