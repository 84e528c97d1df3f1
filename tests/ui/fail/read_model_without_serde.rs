use eventsource::prelude::*;

#[derive(Clone, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
}

fn main() {}
