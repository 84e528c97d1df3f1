use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[serde(rename = "Closed")]
    Opened { owner: String },
    #[serde(alias = "Shut")]
    Closed,
    #[serde(alias = "Shut")]
    Frozen,
}

fn main() {}
