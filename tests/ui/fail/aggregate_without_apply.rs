use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account {
    open: bool,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
