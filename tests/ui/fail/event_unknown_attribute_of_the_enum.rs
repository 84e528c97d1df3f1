use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(categroy = "account")]
enum AccountEvent {
    Opened { owner: String },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order", table = "orders")]
enum OrderEvent {
    Placed,
}

fn main() {}
