use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(was("account.opened"))]
    Opened { owner: String },
    #[event(was("account.shut", "account.shut"))]
    Closed,
}

fn main() {}
