//! Tests of states that JSON keeps, and of those that it does not.

use std::{cell::Cell, collections::HashMap};

use serde::Deserialize;

use super::*;
use crate::schema::{Definitions, Form};

macro_rules! any_form {
    ($($state:ty),*) => {$(
        impl Schema for $state {
            fn describe(_: &mut Definitions) -> Form {
                Form::Any
            }
        }
    )*};
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nested {
    kept: u32,
    #[serde(skip)]
    lost: u32,
    #[serde(with = "cents")]
    rounded: f64,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct State {
    nested: Vec<Nested>,
    mean: f64,
    names: HashMap<String, u32>,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Deep(Vec<Self>);

any_form!(State, Deep);

/// Two digits after the point.
mod cents {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((value * 100.0).round() / 100.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        f64::deserialize(deserializer)
    }
}

fn encoded<A>(state: &A) -> Result<String, String>
where
    A: Serialize + DeserializeOwned + PartialEq + Schema + 'static,
{
    let stream = StreamId::new("state", "1").expect("a stream");
    let snapshot = SnapshotCodec::new(1, 10).encode(stream, Version::new(1), EventId::new(), state);
    snapshot.map(|snapshot| snapshot.state.get().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn a_state_that_is_read_back_is_encoded() {
    let names = (0..20).map(|n| (n.to_string(), n)).collect();
    let nested = vec![Nested { kept: 1, lost: 0, rounded: 0.25 }];
    encoded(&State { nested, mean: -0.0, names }).expect("it is encoded");
}

#[test]
fn a_state_that_is_read_as_another_is_refused() {
    for nested in [Nested { lost: 1, ..Nested::default() }, Nested { rounded: 0.123, ..Nested::default() }] {
        let refused = encoded(&State { nested: vec![nested], ..State::default() }).expect_err("refused");
        assert!(refused.starts_with("the state that is read back from JSON is not equal"), "{refused}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_refused_with_its_path() {
    let refused = encoded(&State { mean: f64::NAN, ..State::default() }).expect_err("refused");
    assert_eq!(refused, "the state cannot be read back from JSON, at `mean`");
    let deep = (0..200).fold(Deep(Vec::new()), |inner, _| Deep(vec![inner]));
    assert_eq!(encoded(&deep), Err("the JSON of the state is nested deeper than 127 levels".to_owned()));
}

#[test]
fn the_first_fault_of_each_type_is_told() {
    struct One;
    struct Other(#[expect(dead_code, reason = "only its type matters")] Cell<u8>);
    let told = [is_first_fault::<One>(), is_first_fault::<Other>(), is_first_fault::<One>()];
    assert_eq!(told, [true, true, false]);
}
