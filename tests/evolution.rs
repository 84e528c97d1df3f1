//! Schemas of derived types.
use eventsource::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize, Schema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line<T> {
    item_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "n")]
    note: Option<T>,
    #[serde(with = "x")]
    #[schema(as = "string(money)?")]
    money: Option<u8>,
    more: Vec<Line<T>>,
    map: BTreeMap<u8, (u8, char)>,
}
mod x {
    use serde::{Deserializer, Serializer};
    pub fn serialize<S: Serializer>(_: &Option<u8>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_none()
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(_: D) -> Result<Option<u8>, D::Error> {
        Ok(None)
    }
}

#[test]
fn shapes() {
    println!("{:#?}", Line::<u8>::shape());
}
