use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(tag = "type")]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
