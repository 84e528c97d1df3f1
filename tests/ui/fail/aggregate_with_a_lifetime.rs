use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account<'a> {
    owner: &'a str,
}

impl Apply<AccountEvent> for Account<'_> {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

fn main() {}
