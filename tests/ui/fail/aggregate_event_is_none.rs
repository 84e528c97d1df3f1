use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = u64, id = String)]
struct Account {
    open: bool,
}

impl Apply<u64> for Account {
    fn apply(&mut self, _: u64) {}
}

fn main() {}
