use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[serde(renam = "Created")]
    Opened { owner: String },
}

fn main() {}
