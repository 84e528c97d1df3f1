use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    account: String,
    balance: i64,
}

fn main() {}
