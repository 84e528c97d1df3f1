//! The shapes that the derive makes of serde's attributes, as snapshots.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroU16,
    time::Duration,
};

use eventsource::{EventId, prelude::*, schema::fingerprint};
use insta::assert_snapshot;
use serde_json::Value;

#[derive(Serialize, Deserialize, Schema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
struct Everything<'a, T> {
    plain_name: String,
    r#type: std::borrow::Cow<'a, [u8]>,
    #[serde(rename = "with space")]
    spaced: T,
    #[serde(alias = "other", alias = "another")]
    named: char,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    directed: bool,
    #[serde(default)]
    defaulted: Vec<Option<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optional: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    list: Vec<(i8, f32)>,
    #[serde(skip_deserializing)]
    written: u128,
    #[serde(skip_serializing, default)]
    read: i64,
    #[serde(skip)]
    skipped: std::sync::OnceLock<u8>,
    #[serde(with = "as_text")]
    #[schema(as = "string(money)")]
    money: u64,
    map: BTreeMap<NonZeroU16, [f64; 3]>,
    set: BTreeSet<String>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[test]
fn fields_follow_serde() {
    assert_snapshot!(<Everything<'_, Duration>>::shape());
}

#[derive(Serialize, Deserialize, Schema)]
#[expect(dead_code, reason = "only described")]
#[serde(rename_all = "snake_case", rename_all_fields = "UPPERCASE")]
enum External {
    Unit,
    Newtype(EventId),
    #[serde(alias = "pair")]
    Tuple(u8, #[schema(as = "[u8; 4]?")] Option<std::net::Ipv4Addr>),
    Struct {
        field: Timestamp,
    },
    #[serde(skip)]
    Never,
    #[serde(skip_serializing)]
    Old,
    #[serde(skip_deserializing)]
    New,
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
enum Internal {
    Empty,
    Of(Empty),
}

#[derive(Serialize, Deserialize, Schema)]
struct Empty {}

#[derive(Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of", deny_unknown_fields)]
enum Adjacent {
    A(Box<Adjacent>),
    B,
}

#[derive(Serialize, Deserialize, Schema)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
}

#[derive(Serialize, Deserialize, Schema)]
struct Enums(External, Internal, Adjacent, Untagged);

#[test]
fn enums_follow_serde() {
    assert_snapshot!(Enums::shape());
}

#[derive(Clone, Serialize, Deserialize, Schema)]
#[serde(from = "String", into = "String")]
struct Proxy(Foreign);

/// Has no schema, and needs none.
#[derive(Clone)]
struct Foreign;

impl From<String> for Proxy {
    fn from(_: String) -> Self {
        Self(Foreign)
    }
}

impl From<Proxy> for String {
    fn from(Proxy(Foreign): Proxy) -> Self {
        Self::new()
    }
}

#[derive(Serialize, Deserialize, Schema)]
#[serde(transparent)]
struct Transparent {
    inner: Option<Proxy>,
}

#[derive(Serialize, Deserialize, Schema)]
struct Unit;

#[derive(Serialize, Deserialize, Schema)]
#[serde(default, tag = "type")]
struct Tree {
    children: Vec<Tree>,
    parent: Option<Box<Self>>,
    label: Transparent,
    unit: Unit,
    nothing: (),
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            children: Vec::new(),
            parent: None,
            label: Transparent { inner: None },
            unit: Unit,
            nothing: (),
        }
    }
}

#[test]
fn proxies_newtypes_and_recursion_follow_serde() {
    assert_snapshot!(Tree::shape());
}

#[derive(Schema)]
#[schema(as = "{string: Value}")]
struct ByHand;

mod other {
    use super::*;

    #[derive(Serialize, Deserialize, Schema)]
    pub(super) struct Empty {
        pub(super) really: bool,
    }
}

#[derive(Schema)]
#[expect(dead_code, reason = "only described")]
struct Namesakes {
    one: Empty,
    two: other::Empty,
    by_hand: ByHand,
    #[schema(as = "(string, Empty?)")]
    literal: Foreign,
}

#[test]
fn types_of_one_name_are_distinguished_and_forms_can_be_given() {
    assert_snapshot!(Namesakes::shape());
}

#[test]
fn a_fingerprint_changes_with_the_structure_only() {
    assert_eq!(fingerprint::<Empty>(), fingerprint::<Empty>());
    assert_ne!(fingerprint::<Empty>(), fingerprint::<other::Empty>());
    // It is stored, so it must never change for the same structure.
    assert_snapshot!(fingerprint::<Tree>());
}
