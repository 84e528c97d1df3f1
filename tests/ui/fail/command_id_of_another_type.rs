use eventsource::prelude::*;

#[derive(Command)]
#[command(aggregate = Account)]
struct Open {
    #[command(id)]
    account: u32,
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = u64)]
struct Account {
    open: bool,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => {}
        }
    }
}

fn main() {}
