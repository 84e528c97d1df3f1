use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account", removed("account.opened", "account.paid_in", "account.lost", "account.lost", ""))]
enum AccountEvent {
    Opened {
        owner: String,
    },
    #[event(was("account.paid_in"))]
    Deposited {
        amount: i64,
    },
}

fn main() {}
