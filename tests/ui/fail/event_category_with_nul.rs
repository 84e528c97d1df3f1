use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "acc\0unt")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
