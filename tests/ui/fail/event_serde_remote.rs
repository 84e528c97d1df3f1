use eventsource::prelude::*;

enum Foreign {
    Opened { owner: String },
}

#[derive(Serialize, Deserialize, Event)]
#[serde(remote = "Foreign")]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
