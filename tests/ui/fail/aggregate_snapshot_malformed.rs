use eventsource::prelude::*;

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = 1, evry = 100))]
struct Account {
    open: bool,
}

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = String, snapshot(version = "1", every = 100))]
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
