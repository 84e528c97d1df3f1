use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[eventsource(crate = eventsource)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

#[derive(Serialize, Deserialize, Event)]
#[eventsource(krate = "eventsource")]
#[event(category = "order")]
enum OrderEvent {
    Placed,
}

#[derive(Serialize, Deserialize, Event)]
#[eventsource(crate = "not a path")]
#[event(category = "payment")]
enum PaymentEvent {
    Made,
}

fn main() {}
