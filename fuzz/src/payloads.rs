//! Payloads, read as an event and as a struct of the same fields.

use std::collections::BTreeMap;

use eventsource::{
    event::{Decoded, StoredEvent},
    prelude::*,
};
use serde::de::DeserializeOwned;

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Part {
    Flat,
    Round { radius: f64 },
    Named { name: String, labels: Vec<String> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
    List(Vec<bool>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
struct Rest {
    note: Option<String>,
    rate: f64,
}

/// A struct and an event with these fields.
macro_rules! struct_and_event {
    ($($(#[$attribute:meta])* $field:ident: $ty:ty,)*) => {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Plain {
            $($(#[$attribute])* $field: $ty,)*
        }

        #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
        #[event(category = "made")]
        #[serde(rename_all_fields = "camelCase")]
        enum Made {
            Everything {
                $($(#[$attribute])* $field: $ty,)*
            },
            Part(Part),
            Loose(Loose),
        }

        impl From<Plain> for Made {
            fn from(Plain { $($field),* }: Plain) -> Self {
                Self::Everything { $($field),* }
            }
        }
    };
}

struct_and_event! {
    id: u64,
    #[serde(default)]
    ratio: f64,
    #[serde(alias = "parts")]
    all_parts: Vec<Part>,
    loose: Loose,
    maybe: Option<Part>,
    #[serde(default)]
    counts: BTreeMap<String, u32>,
    pair: Option<(u8, char)>,
    #[serde(flatten)]
    rest: Rest,
}

impl From<Part> for Made {
    fn from(part: Part) -> Self {
        Self::Part(part)
    }
}

impl From<Loose> for Made {
    fn from(loose: Loose) -> Self {
        Self::Loose(loose)
    }
}

/// Decodes a payload as events of several types. Each is read, or refused, as by serde.
///
/// # Panics
///
/// If it is not.
pub fn decode(payload: &str) {
    assert_read_as::<Plain>("made.everything", payload);
    assert_read_as::<Part>("made.part", payload);
    assert_read_as::<Loose>("made.loose", payload);
}

fn assert_read_as<T: DeserializeOwned + Into<Made>>(event_type: &str, payload: &str) {
    let due = serde_json::from_str::<T>(payload).map(Into::into);
    match (Made::decode(StoredEvent::new(event_type, 1, payload)), due) {
        (Ok(Decoded::One(found)), Ok(due)) => assert_eq!(found, due),
        (Err(_), Err(_)) => {}
        (found, due) => panic!("{event_type} is decoded as {found:?}, but by serde as {due:?}"),
    }
}
