use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(was("account.created"))]
    Opened { owner: String },
    #[event(was("account.created", "account.opened"))]
    Reopened { owner: String },
}

fn main() {}
