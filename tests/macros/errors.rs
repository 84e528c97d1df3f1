//! Stored events that cannot be decoded: each error names the event and the fault.

use std::error::Error;

use eventsource::{event::DecodeError, prelude::*};

use crate::recorded::decode;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    #[event(version = 2, from(PlacedV1), was("order.created"))]
    Placed {
        lines: Vec<Line>,
    },
    Closed,
    Noted(Line),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
struct Line {
    amount: i64,
}

#[derive(Deserialize, Schema)]
struct PlacedV1 {
    items: Vec<Line>,
}

impl From<PlacedV1> for OrderEvent {
    fn from(old: PlacedV1) -> Self {
        Self::Placed { lines: old.items }
    }
}

fn error(event_type: &str, version: u32, payload: &str) -> DecodeError {
    decode::<OrderEvent>(event_type, version, payload).expect_err("it cannot be decoded")
}

#[track_caller]
fn assert_broken(error: DecodeError, at: &str, says: &str) {
    let DecodeError::Payload { path, source, .. } = error else { panic!("not the payload: {error}") };
    assert_eq!(path, at, "{source}");
    assert!(source.to_string().contains(says), "{source}");
}

#[test]
fn an_unknown_type_is_an_error_that_names_it() {
    let error = error("order.shipped", 1, "{}");
    assert!(matches!(error, DecodeError::UnknownType { .. }), "{error}");
    assert_eq!(&*error.context().event_type, "order.shipped");
    let text = error.to_string();
    assert!(text.contains("`order.shipped` v1 at account/acc-1 version 3 (position 7)"), "{text}");
    for way_out in ["deploy the program that knows it", "`was(…)`", "`removed(…)`"] {
        assert!(text.contains(way_out), "{text}");
    }
}

#[test]
fn a_version_that_is_newer_than_the_program_is_an_error_that_says_what_it_knows() {
    for (name, version) in [("order.placed", 3), ("order.created", 3), ("order.placed", u32::MAX)] {
        let error = error(name, version, "{}");
        assert!(matches!(error, DecodeError::UnknownVersion { known: 2, .. }), "{error}");
        assert!(error.to_string().contains("knows versions 1 to 2;"), "{error}");
        assert_eq!(error.context().schema_version, version);
    }
    let closed = error("order.closed", 2, "{}");
    assert!(matches!(closed, DecodeError::UnknownVersion { known: 1, .. }), "{closed}");
    assert!(closed.to_string().contains("knows version 1;"), "{closed}");
}

#[test]
fn version_0_is_an_error() {
    let error = error("order.placed", 0, "{}");
    assert!(matches!(error, DecodeError::UnknownVersion { .. }), "{error}");
}

#[test]
fn a_broken_payload_is_an_error_with_the_path_of_the_fault() {
    let lines = r#"{"lines":[{"amount":1},{"amount":2},{"amount":"3"}]}"#;
    assert_broken(error("order.placed", 2, lines), "lines[2].amount", "expected i64");
    assert_broken(error("order.placed", 2, r#"{"lines":[{}]}"#), "lines[0]", "missing field `amount`");
    assert_broken(error("order.noted", 1, r#"{"amount":true}"#), "amount", "expected i64");
}

#[test]
fn a_broken_payload_of_an_older_version_is_an_error_with_the_path_in_that_version() {
    let items = r#"{"items":[{"amount":1.5}]}"#;
    assert_broken(error("order.placed", 1, items), "items[0].amount", "expected i64");
    assert_broken(error("order.created", 1, r#"{"lines":[]}"#), ".", "missing field `items`");
}

#[test]
fn invalid_json_and_trailing_characters_are_an_error() {
    assert_broken(error("order.placed", 2, "{"), ".", "EOF");
    assert_broken(error("order.placed", 2, ""), ".", "EOF");
    assert_broken(error("order.placed", 2, r#"{"lines":[{"am"#), "lines[0]", "EOF");
    assert_broken(error("order.placed", 2, r#"{"lines":[]} {}"#), ".", "trailing characters");
    assert_broken(error("order.placed", 1, r#"{"items":[]} {}"#), ".", "trailing characters");
    assert_broken(error("order.closed", 1, "{} 1"), ".", "trailing characters");
}

#[test]
fn the_error_says_where_and_its_source_says_what() {
    let error = error("order.placed", 2, r#"{"lines":7}"#);
    let text = error.to_string();
    assert!(text.contains("`order.placed` v2 at account/acc-1 version 3 (position 7)"), "{text}");
    assert!(text.ends_with("the payload is broken at `lines`"), "{text}");
    let source = error.source().expect("serde's error").to_string();
    assert!(source.contains("invalid type: integer, expected a sequence"), "{source}");
}
