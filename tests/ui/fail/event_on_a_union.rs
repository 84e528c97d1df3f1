use eventsource::prelude::*;

#[derive(Event)]
#[event(category = "account")]
union Opened {
    owner: u64,
}

fn main() {}
