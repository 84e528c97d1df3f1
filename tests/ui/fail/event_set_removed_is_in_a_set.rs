use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "payment", removed("order.placed"))]
enum PaymentEvent {
    Made { amount: i64 },
}

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Payment(PaymentEvent),
}

#[derive(EventSet)]
#[event(removed("payment.made"))]
enum Payments {
    Payment(PaymentEvent),
}

#[derive(EventSet)]
#[event(partial)]
enum Orders {
    Order(OrderEvent),
}

fn main() {}
