use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Schema)]
struct Debit {
    #[serde(with = "text")]
    amount: u64,
    #[serde(serialize_with = "text::serialize")]
    fee: u64,
    #[serde(with = "text")]
    #[schema(as = "string")]
    said: u64,
}

#[derive(Serialize, Deserialize, Schema)]
enum Payment {
    #[serde(with = "text")]
    Cash(u64),
    Card(#[serde(with = "text")] u64),
}

mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

fn main() {}
