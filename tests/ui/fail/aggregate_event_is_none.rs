use eventsource::prelude::*;

#[derive(Default, Aggregate)]
#[aggregate(event = String, id = String)]
struct Account {
    open: bool,
}

impl Apply<String> for Account {
    fn apply(&mut self, _: String) {}
}

fn main() {}
