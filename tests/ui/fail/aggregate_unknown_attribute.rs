use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(events = AccountEvent, id = String)]
struct Account {
    open: bool,
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshots(version = 1, every = 10))]
struct Other;

impl Apply<AccountEvent> for Other {
    fn apply(&mut self, _: AccountEvent) {}
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
