use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened {
        #[event(name = "holder")]
        owner: String,
    },
}

fn main() {}
