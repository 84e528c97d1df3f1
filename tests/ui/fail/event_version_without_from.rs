use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 3)]
    Opened { owner: String },
    #[event(version = 2000000)]
    Closed,
}

fn main() {}
