use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: Owner },
    Deposited(Owner),
}

#[derive(Serialize, Deserialize)]
struct Owner {
    name: String,
}

fn main() {}
