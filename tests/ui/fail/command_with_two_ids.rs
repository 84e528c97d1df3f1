use eventsource::prelude::*;

#[derive(Command)]
#[command(aggregate = Account)]
struct Transfer {
    #[command(id)]
    from: String,
    #[command(id)]
    to: String,
}

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

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => {}
        }
    }
}

fn main() {}
