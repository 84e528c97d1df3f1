use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(
    category = "account_account_account_account_account_account_account_account_account_account_account_account_account_account_account_account_account_"
)]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
