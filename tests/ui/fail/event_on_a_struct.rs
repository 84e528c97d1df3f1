use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
struct Opened {
    owner: String,
}

fn main() {}
