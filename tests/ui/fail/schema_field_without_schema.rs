use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema)]
struct Debit {
    amount: Money,
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
struct Money(u64);

#[derive(Serialize, Deserialize, Schema)]
struct Part(u64);

fn main() {}
