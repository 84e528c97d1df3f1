use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(verison = 2)]
    Opened { owner: String },
    #[event(description = "money goes in")]
    Deposited { amount: i64 },
}

fn main() {}
