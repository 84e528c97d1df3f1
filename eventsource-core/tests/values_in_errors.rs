//! Values in errors of a program that asks for them. A process of its own, because it cannot be undone.

use eventsource_core::{Metadata, show_values_in_errors, store::NewEvent};
use serde_json::value::RawValue;

#[test]
fn values_are_shown_once_the_program_asks_for_them() {
    let metadata =
        |value: &str| Metadata::decode_entries(&format!(r#"{{"a":{value}}}"#)).expect_err("no text");
    assert_eq!(metadata("4711").to_string(), "invalid type: integer, expected a string at line 1 column 9");
    let event = NewEvent {
        id: eventsource_core::EventId::new(),
        event_type: "account.deposited".into(),
        schema_version: 1,
        payload: RawValue::from_string(r#"{"amount":4711}"#.to_owned()).expect("JSON"),
        metadata: Metadata::new(),
    };
    assert!(format!("{event:?}").contains("payload: 15 bytes"), "{event:?}");

    show_values_in_errors();
    assert_eq!(
        metadata("4711").to_string(),
        "invalid type: integer `4711`, expected a string at line 1 column 9"
    );
    assert!(format!("{event:?}").contains(r#"payload: {"amount":4711}"#), "{event:?}");
}
