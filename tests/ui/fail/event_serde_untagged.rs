use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(untagged)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
