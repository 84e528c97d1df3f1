use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema, Command)]
#[command(aggregate = Account, version = 1)]
struct Remind {
    #[command(id)]
    account: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

fn main() {}
