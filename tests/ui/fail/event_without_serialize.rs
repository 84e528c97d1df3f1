use eventsource::prelude::*;

#[derive(Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
    Closed,
}

fn main() {}
