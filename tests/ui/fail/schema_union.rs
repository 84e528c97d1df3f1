use eventsource::prelude::*;

#[derive(Schema)]
union Either {
    number: u64,
    truth: bool,
}

fn main() {}
