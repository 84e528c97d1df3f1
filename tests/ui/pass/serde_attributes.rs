//! Every attribute of serde with which a variant keeps a separate payload.

use std::collections::BTreeMap;

use eventsource::prelude::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[serde(expecting = "an event of an account", bound = "")]
#[event(category = "account")]
enum AccountEvent {
    #[serde(rename = "x", alias = "y", rename_all = "SCREAMING_SNAKE_CASE")]
    Opened {
        #[serde(rename = "holder", alias = "name")]
        owner_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened_by: Option<String>,
    },
    #[serde(rename(serialize = "a", deserialize = "b"))]
    Renamed {
        #[serde(default = "nobody")]
        to_name: String,
        #[serde(skip)]
        cache: u8,
        #[serde(with = "hexadecimal")]
        #[schema(as = "string")]
        colour: u32,
    },
    Noted(Note),
    Closed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
struct Note {
    #[serde(flatten)]
    more: BTreeMap<String, String>,
}

fn nobody() -> String {
    "nobody".to_owned()
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{number:x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        u32::from_str_radix(&String::deserialize(from)?, 16).map_err(Error::custom)
    }
}

#[test]
fn serde_attributes_hold() {
    let renamed = AccountEvent::Renamed { to_name: nobody(), cache: 1, colour: 255 };
    assert_eq!(renamed.encode().unwrap().get(), r#"{"toName":"nobody","colour":"ff"}"#);
}
