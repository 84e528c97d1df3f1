use eventsource::prelude::*;

#[derive(Command)]
#[command(aggregate = u64)]
struct Open {
    #[command(id)]
    account: String,
}

fn main() {}
