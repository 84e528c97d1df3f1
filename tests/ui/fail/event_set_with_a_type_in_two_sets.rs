use eventsource::prelude::*;

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Payment(PaymentEvent),
    Refund(PaymentEvent),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "payment")]
enum PaymentEvent {
    Made {
        amount: i64,
    },
    #[event(name = "payment.placed", was("order.placed"))]
    Placed,
}

fn main() {}
