use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened {
        owner: String,
    },
    #[serde(other)]
    Unknown,
}

fn main() {}
