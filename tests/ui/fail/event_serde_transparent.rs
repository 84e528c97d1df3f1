use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(transparent)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
