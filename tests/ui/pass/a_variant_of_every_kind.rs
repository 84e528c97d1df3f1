//! Unit, newtype and struct variants, empty ones, boxed ones, and variants that cannot exist.

use std::convert::Infallible;

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "kinds")]
enum Kinds {
    Unit,
    Empty {},
    Newtype(Vec<u8>),
    Boxed(Box<Inner>),
    Struct {
        a: u8,
        b: Option<Inner>,
    },
    #[serde(bound = "")]
    Skipped(#[serde(skip)] u8),
}

#[derive(Serialize, Deserialize, Schema)]
struct Inner {
    #[serde(default)]
    deeper: Vec<Self>,
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "one")]
enum One {
    Only(#[schema(as = "null")] NeverWritten),
}

#[derive(Serialize, Deserialize)]
struct NeverWritten;

#[test]
fn variants_of_every_kind_are_written() {
    let _: Option<Infallible> = None;
    let payloads = [Kinds::Unit, Kinds::Empty {}, Kinds::Newtype(vec![1]), Kinds::Skipped(1)]
        .map(|event| event.encode().unwrap().get().to_owned());
    assert_eq!(payloads, ["{}", "{}", "[1]", "{}"]);
    assert_eq!(One::TYPES.len(), 1);
}
