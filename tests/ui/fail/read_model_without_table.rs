use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
struct AccountBalance {
    #[read_model(key)]
    account: String,
}

fn main() {}
