use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened {
        owner: String,
    },
    #[event(name = "account.opened")]
    Created {
        owner: String,
    },
}

fn main() {}
