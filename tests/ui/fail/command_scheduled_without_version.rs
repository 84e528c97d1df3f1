use eventsource::{prelude::*, reacting::ScheduledCommand};

#[derive(Command)]
#[command(aggregate = Account, name = "reminder.send")]
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

fn schedule<C: ScheduledCommand>(_: C) {}

fn main() {
    schedule(Remind { account: "a".to_owned() });
}
