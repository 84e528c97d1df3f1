//! `#[eventsource(crate = "…")]` on every derive.

pub extern crate eventsource as es;

mod deep {
    pub mod path {
        pub use super::super::es as to;
    }
}

use es::{Apply, EventSet as _, ReadModel as _};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, es::Event)]
#[eventsource(crate = "es")]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1))]
    Opened { owner: Owner },
}

#[derive(Serialize, Deserialize, es::Schema)]
#[eventsource(crate = "crate::pass::renamed_crate::deep::path::to")]
struct Owner {
    name: String,
}

#[derive(Deserialize, es::Schema)]
#[eventsource(crate = "es")]
struct OpenedV1 {
    owner: Owner,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.owner }
    }
}

#[derive(es::EventSet)]
#[eventsource(crate = "crate::pass::renamed_crate::deep::path::to")]
enum BankEvent {
    Account(AccountEvent),
}

#[derive(Default, PartialEq, Serialize, Deserialize, es::Aggregate)]
#[eventsource(crate = "::eventsource")]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, every = 100))]
struct Account {
    open: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {
        self.open = true;
    }
}

#[derive(es::Command)]
#[eventsource(crate = "deep::path::to")]
#[command(aggregate = Account)]
struct Open {
    #[command(id)]
    account: String,
}

#[derive(Clone, Serialize, Deserialize, es::ReadModel)]
#[eventsource(crate = "deep::path::to")]
#[read_model(table = "rows")]
struct Row {
    #[read_model(key)]
    account: String,
}

#[test]
fn the_crate_is_found_where_the_attribute_says() {
    assert_eq!(BankEvent::TYPES.len(), 1);
    assert_eq!(es::Command::aggregate_id(&Open { account: "a".into() }), "a");
    assert_eq!(Row::table().columns.len(), 1);
}
