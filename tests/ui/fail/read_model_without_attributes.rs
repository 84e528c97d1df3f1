use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model]
struct Account {
    #[read_model(key)]
    account: String,
}

fn main() {}
