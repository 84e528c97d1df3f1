use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened {
        owner: String,
    },
    #[serde(skip)]
    Closed,
    #[serde(skip_serializing)]
    Frozen,
    #[serde(rename = "thawed", skip_deserializing)]
    Thawed,
}

fn main() {}
