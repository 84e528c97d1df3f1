use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent {}

fn main() {}
