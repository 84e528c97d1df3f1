//! Errors of serde without the values that they show. What is known of a text of serde is kept: the kind of the value
//! and what was expected. Any other text was written by an implementation of `Deserialize` or `Serialize`, and may
//! show the value.

use serde_json::error::Category;

use super::precision::CAUSE;
use crate::shown::{Escaped, are_values_shown};

/// What an error says if its own text may show the value.
const REFUSED: &str = "its type refuses the value (to see why, call `show_values_in_errors`)";

/// Texts that name a value and what was expected instead of it.
const UNEXPECTED: [&str; 2] = ["invalid type: ", "invalid value: "];

/// The kinds of values, as serde and `serde_json` name them.
const KINDS: [&str; 18] = [
    "null",
    "boolean",
    "integer",
    "number",
    "floating point",
    "character",
    "string",
    "byte array",
    "unit value",
    "Option value",
    "newtype struct",
    "sequence",
    "map",
    "enum",
    "unit variant",
    "newtype variant",
    "tuple variant",
    "struct variant",
];

/// Texts that name a name in the data, and the known names.
const UNKNOWN: [&str; 2] = ["unknown variant", "unknown field"];

/// The beginnings of texts about a field, which end with its name in backticks.
const FIELDS: [&str; 2] = ["missing field `", "duplicate field `"];

/// The beginnings of texts that have only names and numbers of the program.
const NAMES: [&str; 8] = [
    "data did not match any variant of untagged enum ",
    "no variant of enum ",
    "can only flatten structs and maps",
    "cannot serialize tagged newtype variant ",
    "the enum variant ",
    "an event is a variant of an enum",
    "the payload decodes differently each time",
    "the context of the event was not read",
];

/// The same error without values, unless the program wants to see them.
#[cold]
#[must_use]
pub fn without_values(error: serde_json::Error) -> serde_json::Error {
    if error.classify() != Category::Data {
        return error;
    }
    let text = error.to_string();
    let place = match error.line() {
        0 => String::new(),
        line => format!(" at line {line} column {}", error.column()),
    };
    let text = text.strip_suffix(&place).unwrap_or(&text);
    let (text, cause) = text.strip_suffix(CAUSE).map_or((text, ""), |text| (text, CAUSE));
    let shape = if are_values_shown() { text.to_owned() } else { shape(text) };
    serde::de::Error::custom(format_args!("{}{cause}{place}", Escaped(shape)))
}

fn shape(text: &str) -> String {
    known_shape(text).unwrap_or_else(|| REFUSED.to_owned())
}

fn known_shape(text: &str) -> Option<String> {
    if let Some((start, value)) = after(text, &UNEXPECTED) {
        let kind = KINDS.iter().find(|kind| value.starts_with(**kind))?;
        return Some(format!("{start}{kind}, expected {}", expected(value)?));
    }
    if let Some((start, name)) = after(text, &UNKNOWN) {
        let without_names = [", there are no variants", ", there are no fields"];
        return match without_names.into_iter().find(|end| name.ends_with(end)) {
            Some(end) => Some(format!("{start}{end}")),
            None => Some(format!("{start}, expected {}", expected(name)?)),
        };
    }
    if let Some((_, length)) = after(text, &["invalid length "]) {
        let digits = length.find(", expected ").and_then(|end| length.get(..end))?;
        return digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.to_owned());
    }
    if let Some((_, name)) = after(text, &FIELDS) {
        let name = name.strip_suffix('`')?;
        return (!name.contains(['`', ' '])).then(|| text.to_owned());
    }
    after(text, &NAMES).map(|_| text.to_owned())
}

fn after<'a, 's>(text: &'a str, starts: &[&'s str]) -> Option<(&'s str, &'a str)> {
    starts.iter().find_map(|start| Some((*start, text.strip_prefix(start)?)))
}

/// What follows the last `expected`: the value before it may contain the word, and the names after it do not.
fn expected(text: &str) -> Option<&str> {
    text.rsplit_once(", expected ").map(|(_, expected)| expected)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize, de::DeserializeOwned, ser::Error as _};

    use super::*;
    use crate::Timestamp;

    const SECRET: &str = "hunter2";

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[expect(dead_code, reason = "it is only read")]
        name: u32,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        #[expect(dead_code, reason = "it is only read")]
        Number(u8),
    }

    #[derive(Debug)]
    struct Custom;

    impl<'de> Deserialize<'de> for Custom {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            Err(serde::de::Error::custom(format_args!("{text} is not a colour")))
        }
    }

    impl Serialize for Custom {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom(format_args!("{SECRET} is not a colour")))
        }
    }

    #[track_caller]
    fn shown<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json).expect_err(json);
        let shown = without_values(error);
        let again = without_values(serde::de::Error::custom(&shown)).to_string();
        assert_eq!(again, shown.to_string());
        assert!(!format!("{shown} {shown:?}").contains(SECRET), "{shown:?}");
        again
    }

    #[test]
    fn an_error_shows_the_kind_of_a_value_and_what_was_expected() {
        for (error, expected) in [
            (shown::<i64>(r#""hunter2""#), "invalid type: string, expected i64 at line 1 column 9"),
            (
                shown::<i64>(r#""hunter2, expected ""#),
                "invalid type: string, expected i64 at line 1 column 20",
            ),
            (shown::<String>("4711"), "invalid type: integer, expected a string at line 1 column 4"),
            (shown::<String>("47.11"), "invalid type: floating point, expected a string at line 1 column 5"),
            (shown::<String>("true"), "invalid type: boolean, expected a string at line 1 column 4"),
            (shown::<f64>("null"), "invalid type: null, expected f64 at line 1 column 4"),
            (shown::<u8>("4711"), "invalid value: integer, expected u8 at line 1 column 4"),
            (shown::<char>(r#""hunter2""#), "invalid value: string, expected a character at line 1 column 9"),
            (shown::<(u8, u8)>("[1]"), "invalid length 1, expected a tuple of size 2 at line 1 column 3"),
            (shown::<Strict>("{}"), "missing field `name` at line 1 column 2"),
            (shown::<Strict>(r#"{"hunter2":1}"#), "unknown field, expected `name` at line 1 column 10"),
            (
                shown::<Kind>(r#""hunter2`, expected `x""#),
                "unknown variant, expected `Small` or `Large` at line 1 column 23",
            ),
            (shown::<Untagged>(r#""hunter2""#), "data did not match any variant of untagged enum Untagged"),
            (
                shown::<Timestamp>(r#""hunter2""#),
                "invalid value: string, expected a time as in RFC 3339, such as 2011-09-30T22:38:44.546Z at line 1 \
                 column 9",
            ),
        ] {
            assert_eq!(error, expected);
        }
        let _ = (Kind::Small, Kind::Large);
        let invalid = || serde_json::from_str::<i64>("").expect_err("nothing");
        assert_eq!(without_values(invalid()).to_string(), invalid().to_string());
    }

    #[test]
    fn the_text_of_a_type_of_the_application_is_not_shown() {
        assert!(shown::<Custom>(r#""hunter2""#).starts_with(REFUSED));
        assert!(shown::<BTreeMap<String, Custom>>(r#"{"a":"hunter2"}"#).starts_with(REFUSED));
        assert!(shown::<uuid::Uuid>(r#""hunter2""#).starts_with(REFUSED));
        let error = without_values(serde_json::to_string(&Custom).expect_err("refused"));
        assert_eq!(error.to_string(), REFUSED);
    }

    #[test]
    fn a_text_is_shown_without_control_characters() {
        let error: serde_json::Error = serde::de::Error::custom("missing field `a\u{1b}\n`");
        assert_eq!(without_values(error).to_string(), "missing field `a\\u{1b}\\n`");
    }
}
