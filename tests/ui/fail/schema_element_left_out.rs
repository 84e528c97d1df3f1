use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema)]
struct Point(u64, #[serde(skip_serializing)] u64, #[serde(skip_serializing_if = "Option::is_none")] Option<u64>);

#[derive(Serialize, Deserialize, Schema)]
enum Payment {
    Cash(#[serde(skip_deserializing)] u64),
}

fn main() {}
