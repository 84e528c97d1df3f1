use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Payment(String),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

fn main() {}
