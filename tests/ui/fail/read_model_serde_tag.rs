use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
#[serde(tag = "type")]
struct Account {
    #[read_model(key)]
    account: String,
}

fn main() {}
