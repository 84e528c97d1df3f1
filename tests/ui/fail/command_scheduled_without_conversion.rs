use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema, Command)]
#[command(aggregate = Account, name = "reminder.send", version = 2, from(RemindV1))]
struct Remind {
    #[command(id)]
    account: String,
}

#[derive(Deserialize, Schema)]
struct RemindV1 {
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
