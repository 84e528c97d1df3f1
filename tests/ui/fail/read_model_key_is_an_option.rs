use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: Option<String>,
}

fn main() {}
