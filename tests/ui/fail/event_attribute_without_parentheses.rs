use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event = "account"]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
