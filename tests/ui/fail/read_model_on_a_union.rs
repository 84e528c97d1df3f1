use eventsource::prelude::*;

#[derive(ReadModel)]
#[read_model(table = "accounts")]
union Account {
    open: bool,
    balance: i64,
}

fn main() {}
