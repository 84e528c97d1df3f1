use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
