use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema)]
struct Debit {
    #[schema(like = "string")]
    amount: u64,
    #[schema(as = "string", as = "u64")]
    twice: u64,
    #[schema]
    nothing: u64,
    #[schema(as = string)]
    bare: u64,
}

fn main() {}
