//! The payload is the content of the variant as serde writes it, without the tag.

use std::{collections::BTreeMap, marker::PhantomData};

use eventsource::{event::EncodeError, prelude::*};

use crate::recorded::{decode, payload};

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "kinds")]
enum Kinds {
    Unit,
    Empty {},
    Struct { number: i64, text: String, maybe: Option<bool> },
    Newtype(Inner),
    List(Vec<u8>),
    Number(u64),
    Skipped(#[serde(skip)] u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
struct Inner {
    text: String,
}

#[test]
fn a_variant_without_fields_is_an_empty_object() {
    assert_eq!(payload(Kinds::Unit), "{}");
    assert_eq!(payload(Kinds::Empty {}), "{}");
    assert_eq!(payload(Kinds::Skipped(0)), "{}");
}

#[test]
fn a_variant_with_named_fields_is_an_object_in_the_order_of_the_fields() {
    let event = Kinds::Struct { number: i64::MIN, text: "a \0 \"b\" 💶".into(), maybe: None };
    let expected = r#"{"number":-9223372036854775808,"text":"a \u0000 \"b\" 💶","maybe":null}"#;
    assert_eq!(payload(event), expected);
}

#[test]
fn a_variant_with_one_unnamed_field_is_what_the_field_is() {
    assert_eq!(payload(Kinds::Newtype(Inner { text: "a".into() })), r#"{"text":"a"}"#);
    assert_eq!(payload(Kinds::List(vec![1, 2])), "[1,2]");
    assert_eq!(payload(Kinds::Number(u64::MAX)), "18446744073709551615");
}

#[test]
fn a_variant_without_fields_ignores_those_an_earlier_program_wrote() {
    assert_eq!(decode::<Kinds>("kinds.unit", 1, r#"{"reason":"none"}"#).unwrap(), [Kinds::Unit]);
    assert_eq!(decode::<Kinds>("kinds.empty", 1, r#"{"reason":"none"}"#).unwrap(), [Kinds::Empty {}]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[event(category = "renamed")]
enum Renamed {
    ByTheEnum {
        first_field: u8,
        #[serde(rename = "2nd", alias = "second")]
        second_field: u8,
    },
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    ByTheVariant { first_field: u8 },
    #[serde(rename(serialize = "written", deserialize = "read"))]
    InTwoWays { first_field: u8 },
}

#[test]
fn serde_renames_fields_and_leaves_the_type_name_alone() {
    let by_the_enum = Renamed::ByTheEnum { first_field: 1, second_field: 2 };
    assert_eq!(by_the_enum.event_type().name, "renamed.by_the_enum");
    assert_eq!(payload(by_the_enum), r#"{"firstField":1,"2nd":2}"#);
    assert_eq!(payload(Renamed::ByTheVariant { first_field: 1 }), r#"{"FIRST_FIELD":1}"#);
    assert_eq!(payload(Renamed::InTwoWays { first_field: 1 }), r#"{"firstField":1}"#);
    let aliased = decode::<Renamed>("renamed.by_the_enum", 1, r#"{"firstField":1,"second":2}"#).unwrap();
    assert_eq!(aliased, [Renamed::ByTheEnum { first_field: 1, second_field: 2 }]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "fields")]
enum Fields {
    Defaulted {
        #[serde(default)]
        number: u8,
        #[serde(default = "nobody", skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(skip)]
        cache: u8,
        maybe: Option<u8>,
    },
    Flattened {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        more: BTreeMap<String, u8>,
    },
    Custom {
        #[serde(with = "hexadecimal")]
        #[schema(as = "string")]
        colour: u32,
    },
}

fn nobody() -> String {
    "nobody".to_owned()
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{number:06x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        u32::from_str_radix(&String::deserialize(from)?, 16).map_err(Error::custom)
    }
}

#[test]
fn fields_that_are_absent_get_their_defaults() {
    let written = Fields::Defaulted { number: 1, text: String::new(), cache: 7, maybe: Some(1) };
    assert_eq!(written.encode().unwrap().get(), r#"{"number":1,"maybe":1}"#);
    let read = decode::<Fields>("fields.defaulted", 1, "{}").unwrap();
    assert_eq!(read, [Fields::Defaulted { number: 0, text: nobody(), cache: 0, maybe: None }]);
}

#[test]
fn fields_may_be_flattened_into_the_payload() {
    let more = BTreeMap::from([("a".to_owned(), 1)]);
    let event = Fields::Flattened { id: 7, inner: Inner { text: "t".into() }, more };
    assert_eq!(payload(event), r#"{"id":7,"text":"t","a":1}"#);
}

#[test]
fn fields_may_be_written_by_a_function() {
    assert_eq!(payload(Fields::Custom { colour: 0xbeef }), r#"{"colour":"00beef"}"#);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[serde(deny_unknown_fields)]
#[event(category = "strict")]
enum Strict {
    Opened { owner: String },
}

#[test]
fn unknown_fields_are_refused_if_serde_denies_them_and_ignored_otherwise() {
    let error = decode::<Strict>("strict.opened", 1, r#"{"owner":"a","age":1}"#).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(source.is_some_and(|text| text.contains("unknown field, expected `owner`")), "{error:?}");
    let lenient = decode::<Kinds>("kinds.newtype", 1, r#"{"text":"a","age":1}"#).unwrap();
    assert_eq!(lenient, [Kinds::Newtype(Inner { text: "a".into() })]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "generic")]
enum Generic<T, U, const N: usize = 1> {
    Both { one: T, other: U },
    One(T),
    Marked(#[serde(skip)] PhantomData<U>),
}

#[test]
fn events_may_have_parameters() {
    assert_eq!(
        payload(Generic::<_, _>::Both { one: 1_u8, other: "a".to_owned() }),
        r#"{"one":1,"other":"a"}"#
    );
    assert_eq!(payload(Generic::<_, bool, 3>::One(vec![1_u8])), "[1]");
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "raw")]
enum Raw {
    r#Type { r#fn: u8 },
    r#Move(Inner),
}

#[test]
fn raw_identifiers_are_stored_without_their_prefix() {
    let names: Vec<_> = Raw::TYPES.iter().map(|ty| ty.name).collect();
    assert_eq!(names, ["raw.type", "raw.move"]);
    assert_eq!(payload(Raw::r#Type { r#fn: 1 }), r#"{"fn":1}"#);
    assert_eq!(payload(Raw::r#Move(Inner { text: "a".into() })), r#"{"text":"a"}"#);
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "keys")]
enum Keys {
    Counted { by: BTreeMap<Option<u8>, u8> },
}

#[test]
fn an_event_that_json_cannot_hold_is_an_error_that_names_its_type() {
    let event = Keys::Counted { by: BTreeMap::from([(None, 1)]) };
    let error = event.encode().unwrap_err();
    assert!(matches!(error, EncodeError::Json { event_type: "keys.counted", .. }), "{error:?}");
    assert_eq!(error.to_string(), "cannot encode an event of type `keys.counted`");
}
