use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account", removed = "account.lost")]
enum AccountEvent {
    Opened { owner: String },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "payment", partial = true)]
enum PaymentEvent {
    Made { amount: i64 },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "refund")]
enum RefundEvent {
    #[event(partial)]
    Made { amount: i64 },
}

fn main() {}
