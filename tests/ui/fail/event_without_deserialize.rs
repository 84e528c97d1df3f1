use eventsource::prelude::*;

#[derive(Serialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
    Closed,
}

fn main() {}
