//! An event is read as serde reads a struct of the same fields, from whatever payload.

use std::collections::BTreeMap;

use eventsource::prelude::*;
use proptest::{
    collection, option,
    prelude::*,
    sample::{self, Index},
};
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

/// A struct and an event with these fields.
macro_rules! struct_and_event {
    ($($(#[$attribute:meta])* $field:ident: $ty:ty,)*) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Plain {
            $($(#[$attribute])* $field: $ty,)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
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

/// Changes of a payload.
#[derive(Debug, Clone)]
struct Mutation {
    /// Values to replace, and values to remove.
    changes: Vec<(Index, Option<Value>)>,
    /// Fields to add. An object may then have two of a name.
    additions: Vec<(Index, String, Value)>,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
        Just(Value::from("flat")),
        Just(serde_json::json!([])),
        Just(serde_json::json!({"kind": "round", "radius": 1, "more": [{}]})),
    ]
}

prop_compose! {
    fn mutation()(
        changes in collection::vec((any::<Index>(), option::weighted(0.8, value())), 0..3),
        additions in collection::vec((any::<Index>(), name(), value()), 0..3),
    ) -> Mutation {
        Mutation { changes, additions }
    }
}

/// Names of fields, under which they are read or not, and others.
fn name() -> impl Strategy<Value = String> {
    let known = "id ratio allParts all_parts parts maybe gone note rate rest kind radius".split(' ');
    prop_oneof![sample::select(known.collect::<Vec<_>>()).prop_map(str::to_owned), "[a-z]{0,6}"]
}

impl Mutation {
    fn of(&self, mut json: Value) -> String {
        for (place, value) in &self.changes {
            let places = places(&json);
            change(&mut json, place.get::<String>(&places), value.as_ref());
        }
        let mut text = json.to_string();
        for (place, name, value) in &self.additions {
            let objects: Vec<usize> = text.match_indices('{').map(|(at, _)| at + 1).collect();
            if objects.is_empty() {
                continue;
            }
            let at = *place.get(&objects);
            let comma = if text[at..].starts_with('}') { "" } else { "," };
            text.insert_str(at, &format!("{name:?}:{value}{comma}"));
        }
        text
    }
}

/// The JSON pointers to a value and to all values within.
fn places(value: &Value) -> Vec<String> {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            fields.iter().map(|(name, field)| (escaped(name), field)).collect()
        }
        Value::Array(items) => {
            (0..).zip(items).map(|(index, item): (usize, _)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    let deeper = |(name, value)| places(value).into_iter().map(move |place| format!("/{name}{place}"));
    std::iter::once(String::new()).chain(within.into_iter().flat_map(deeper)).collect()
}

/// Replaces or removes the value at a place. The whole payload is never removed.
fn change(json: &mut Value, place: &str, value: Option<&Value>) {
    if let Some(value) = value {
        *json.pointer_mut(place).expect("the place exists") = value.clone();
    } else if let Some((outer, name)) = place.rsplit_once('/') {
        match json.pointer_mut(outer).expect("the place exists") {
            Value::Array(items) => drop(items.remove(name.parse().expect("an index"))),
            outer => drop(
                outer.as_object_mut().expect("an object").remove(&name.replace("~1", "/").replace("~0", "~")),
            ),
        }
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
        mutation in mutation(),
    ) {
        let text = |value| mutation.of(value);
        assert_read_as::<Plain>("made.everything", &text(serde_json::to_value(&plain).unwrap()))?;
        assert_read_as::<Part>("made.part", &text(serde_json::to_value(&part).unwrap()))?;
        assert_read_as::<Loose>("made.loose", &text(serde_json::to_value(&loose).unwrap()))?;
    }
}
