use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
    #[serde(flatten)]
    address: Address,
    #[serde(skip)]
    a: i64,
    #[serde(skip_serializing)]
    b: i64,
    #[serde(skip_deserializing)]
    c: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<i64>,
    #[serde(with = "cents")]
    e: i64,
}

#[derive(Clone, Serialize, Deserialize, Schema)]
struct Address {
    street: String,
}

mod cents {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(cents: &i64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(*cents)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
        i64::deserialize(d)
    }
}

fn main() {}
