use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(name = "")]
    Opened { owner: String },
    #[event(was(""))]
    Closed,
    #[event(name = "account.fro\0zen")]
    Frozen,
}

fn main() {}
