use eventsource::prelude::*;

#[derive(Default, PartialEq, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, every = 100))]
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
