use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(name = "account.opened", name = "account.created")]
    Opened { owner: String },
}

fn main() {}
