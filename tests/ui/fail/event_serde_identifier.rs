use eventsource::prelude::*;

#[derive(Deserialize, Event)]
#[serde(variant_identifier)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

fn main() {}
