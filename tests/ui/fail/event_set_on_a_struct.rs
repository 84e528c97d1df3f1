use eventsource::prelude::*;

#[derive(EventSet)]
struct ShopEvent {
    order: OrderEvent,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

fn main() {}
