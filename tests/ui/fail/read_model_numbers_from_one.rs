use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts", version = 0, partitions = 0)]
struct Account {
    #[read_model(key)]
    account: String,
}

fn main() {}
