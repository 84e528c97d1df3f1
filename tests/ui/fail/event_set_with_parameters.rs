use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent<T> {
    Order(T),
}

fn main() {}
