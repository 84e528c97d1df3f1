use eventsource::prelude::*;

#[derive(Command)]
#[command(aggregate = String)]
struct Open {
    #[command(id)]
    account: String,
}

fn main() {}
