use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = AccountId)]
struct Account {
    open: bool,
}

struct AccountId(u64);

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
