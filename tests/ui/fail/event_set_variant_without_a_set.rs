use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Paid { amount: i64 },
    Both(OrderEvent, OrderEvent),
    Closed,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

fn main() {}
