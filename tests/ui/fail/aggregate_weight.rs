use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String, weight = 10)]
struct Account;

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String, weight = heavy)]
struct Other;

fn heavy(_: &Other) -> String {
    String::new()
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

impl Apply<AccountEvent> for Other {
    fn apply(&mut self, _: AccountEvent) {}
}

fn main() {}
