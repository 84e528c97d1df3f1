use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(tag = "type", content = "data")]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
