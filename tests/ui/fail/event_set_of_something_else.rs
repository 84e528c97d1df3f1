use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Payment(u64),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

fn main() {}
