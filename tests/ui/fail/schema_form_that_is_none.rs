use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema)]
struct Debit {
    #[schema(as = "")]
    empty: u64,
    #[schema(as = "[u64")]
    open: u64,
    #[schema(as = "{string}")]
    map: u64,
    #[schema(as = "u64 u64")]
    two: u64,
    #[schema(as = "Money")]
    unknown: u64,
}

fn main() {}
