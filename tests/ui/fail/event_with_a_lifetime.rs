use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent<'a> {
    Opened { owner: &'a str },
}

fn main() {}
