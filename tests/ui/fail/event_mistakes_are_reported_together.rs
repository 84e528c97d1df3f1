use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(tag = "type")]
#[event(category = "")]
enum AccountEvent {
    #[event(version = 2)]
    Opened { owner: String },
    #[event(verison = 2)]
    Deposited { amount: i64 },
    #[event(name = "account.opened")]
    Debited { amount: i64 },
    #[serde(skip)]
    Closed,
    Moved {
        #[event(name = "to")]
        branch: String,
    },
}

fn one_error_per_mistake_and_none_for_the_uses(event: &AccountEvent) -> &'static str {
    event.event_type().name
}

fn main() {}
