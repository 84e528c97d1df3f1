//! An event is read as serde reads a struct of the same fields, from whatever payload.

use std::collections::BTreeMap;

use eventsource::prelude::*;
use proptest::{collection, option, prelude::*};
use serde_json::Value;

use crate::recorded::{decode, payload};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Part {
    Flat,
    Round { radius: f64 },
    Named { name: String, labels: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
    List(Vec<bool>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
struct Rest {
    note: Option<String>,
    rate: f64,
}

/// The same fields as [`Made::Everything`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    id: u64,
    signed: i16,
    #[serde(default)]
    ratio: f64,
    #[serde(alias = "parts")]
    all_parts: Vec<Part>,
    loose: Loose,
    maybe: Option<Part>,
    counts: BTreeMap<String, u32>,
    pair: (u8, char),
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<bool>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "made")]
#[serde(rename_all_fields = "camelCase")]
enum Made {
    Everything {
        id: u64,
        signed: i16,
        #[serde(default)]
        ratio: f64,
        #[serde(alias = "parts")]
        all_parts: Vec<Part>,
        loose: Loose,
        maybe: Option<Part>,
        counts: BTreeMap<String, u32>,
        pair: (u8, char),
        #[serde(skip_serializing_if = "Option::is_none")]
        gone: Option<bool>,
        #[serde(flatten)]
        rest: Rest,
    },
    Part(Part),
    Loose(Loose),
}

impl From<Plain> for Made {
    fn from(plain: Plain) -> Self {
        let Plain { id, signed, ratio, all_parts, loose, maybe, counts, pair, gone, rest } = plain;
        Self::Everything { id, signed, ratio, all_parts, loose, maybe, counts, pair, gone, rest }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        Just(Part::Flat),
        any::<f64>().prop_map(|radius| Part::Round { radius }),
        (".{0,4}", collection::vec(".{0,3}", 0..3)).prop_map(|(name, labels)| Part::Named { name, labels }),
    ]
}

fn loose() -> impl Strategy<Value = Loose> {
    prop_oneof![
        any::<i64>().prop_map(Loose::Number),
        ".{0,4}".prop_map(Loose::Text),
        collection::vec(any::<bool>(), 0..3).prop_map(Loose::List),
    ]
}

prop_compose! {
    fn plain()(
        (id, signed, ratio, pair, gone) in (any::<u64>(), any::<i16>(), any::<f64>(), any::<(u8, char)>(), any::<Option<bool>>()),
        all_parts in collection::vec(part(), 0..3),
        loose in loose(),
        maybe in option::of(part()),
        counts in collection::btree_map(".{0,3}", any::<u32>(), 0..3),
        (note, rate) in (option::of(".{0,4}"), any::<f64>()),
    ) -> Plain {
        Plain { id, signed, ratio, all_parts, loose, maybe, counts, pair, gone, rest: Rest { note, rate } }
    }
}

/// A change of a payload: the value at a place is removed, replaced or added.
#[derive(Debug, Clone)]
struct Mutation {
    place: usize,
    value: Option<Value>,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
        Just(Value::from("flat")),
        Just(serde_json::json!([])),
        Just(serde_json::json!({"kind": "round", "radius": 1, "more": [{}]})),
    ];
    (any::<usize>(), option::weighted(0.8, value)).prop_map(|(place, value)| Mutation { place, value })
}

/// Applies a mutation to the value with this number, counted from the outside.
fn mutate(value: &mut Value, mutation: &Mutation, place: &mut usize) {
    match value {
        Value::Object(fields) => {
            let names: Vec<_> = fields.keys().cloned().collect();
            for name in names {
                if *place == 0 {
                    match &mutation.value {
                        Some(other) => fields.insert(name, other.clone()),
                        None => fields.remove(&name),
                    };
                    *place = usize::MAX;
                    return;
                }
                *place -= 1;
                let Some(field) = fields.get_mut(&name) else { continue };
                mutate(field, mutation, place);
                if *place == usize::MAX {
                    return;
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                if *place == 0 {
                    match &mutation.value {
                        Some(other) => items[index] = other.clone(),
                        None => drop(items.remove(index)),
                    }
                    *place = usize::MAX;
                    return;
                }
                *place -= 1;
                mutate(&mut items[index], mutation, place);
                if *place == usize::MAX {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// Decodes a payload as this type, and compares the result with what serde reads.
fn assert_read_as<T>(event_type: &str, json: &str) -> Result<(), TestCaseError>
where
    T: serde::de::DeserializeOwned + Into<Made>,
{
    let due = serde_json::from_str::<T>(json).map(Into::into);
    match (decode::<Made>(event_type, 1, json), due) {
        (Ok(events), Ok(due)) => prop_assert_eq!(events, [due]),
        (Err(_), Err(_)) => {}
        (found, due) => prop_assert!(false, "{} is read as {:?}, but by serde as {:?}", json, found, due),
    }
    Ok(())
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

proptest! {
    #[test]
    fn an_event_is_written_as_serde_writes_its_fields_and_is_read_back(plain in plain(), part in part()) {
        let json = serde_json::to_string(&plain).unwrap();
        let event = Made::from(plain);
        prop_assert_eq!(payload(event.clone()), json.clone());
        prop_assert_eq!(decode::<Made>("made.everything", 1, &json).unwrap(), [event]);
        let json = payload(Made::Part(part.clone()));
        prop_assert_eq!(&json, &serde_json::to_string(&part).unwrap());
        prop_assert_eq!(decode::<Made>("made.part", 1, &json).unwrap(), [Made::Part(part)]);
    }

    #[test]
    fn a_mutated_payload_is_read_or_refused_as_serde_does(
        plain in plain(),
        (part, loose) in (part(), loose()),
        mutations in collection::vec(mutation(), 1..4),
    ) {
        let mutated = |json: Value| {
            mutations.iter().fold(json, |mut json, mutation| {
                let mut place = mutation.place % 24;
                mutate(&mut json, mutation, &mut place);
                json
            })
        };
        let text = |value| mutated(value).to_string();
        assert_read_as::<Plain>("made.everything", &text(serde_json::to_value(&plain).unwrap()))?;
        assert_read_as::<Part>("made.part", &text(serde_json::to_value(&part).unwrap()))?;
        assert_read_as::<Loose>("made.loose", &text(serde_json::to_value(&loose).unwrap()))?;
    }
}
