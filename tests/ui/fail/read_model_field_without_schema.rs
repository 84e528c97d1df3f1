use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
enum State {
    Open,
}

fn main() {}
