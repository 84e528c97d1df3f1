use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account<T> {
    #[read_model(key)]
    account: String,
    state: T,
}

fn main() {}
