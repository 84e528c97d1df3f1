use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
enum Account {
    Open { account: String },
    Closed,
}

fn main() {}
