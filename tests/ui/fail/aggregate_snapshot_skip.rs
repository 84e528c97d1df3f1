use eventsource::prelude::*;

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, every = 100))]
struct Account {
    open: bool,
    #[serde(skip)]
    balance: i64,
    #[serde(rename = "name", skip_serializing, default)]
    owner: String,
    #[serde(skip_deserializing)]
    deposits: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<String>,
}

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, every = 100))]
enum Loan {
    #[default]
    Requested,
    #[serde(skip)]
    Granted { amount: i64 },
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct WithoutSnapshots {
    open: bool,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

impl Apply<AccountEvent> for Loan {
    fn apply(&mut self, _: AccountEvent) {}
}

impl Apply<AccountEvent> for WithoutSnapshots {
    fn apply(&mut self, _: AccountEvent) {}
}

fn main() {}
