use eventsource::prelude::*;

#[derive(Command)]
#[command(aggregate = Account)]
struct Open {
    #[command(id)]
    account: String,
}

fn decided<C: Command>(_: C)
where
    C::Aggregate: Handle<C>,
{
}

fn open(open: Open) {
    decided(open);
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
