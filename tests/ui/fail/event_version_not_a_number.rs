use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = "2")]
    Opened { owner: String },
    #[event(version = 99999999999)]
    Closed,
    #[event(version = -1)]
    Frozen,
}

fn main() {}
