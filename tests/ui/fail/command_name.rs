use eventsource::prelude::*;

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

#[derive(Command)]
#[command(aggregate = Account, name = "")]
struct Open {
    #[command(id)]
    account: String,
}

#[derive(Command)]
#[command(aggregate = Account, name = Close)]
struct Close {
    #[command(id)]
    account: String,
}

fn main() {}
