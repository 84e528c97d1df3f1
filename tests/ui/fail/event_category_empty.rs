use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
