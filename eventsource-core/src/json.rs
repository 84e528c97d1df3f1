//! What a text of JSON may contain, so that every store keeps it and `serde_json` reads it.

use serde::de::DeserializeOwned;

use crate::shown::Escaped;

mod canonical;
mod precision;
mod without_values;

pub use canonical::{CanonicalFault, canonical};
pub(crate) use canonical::{Cursor, canonical_float};
pub(crate) use precision::explained;
pub use without_values::without_values;

/// How many arrays and objects may be nested in each other. `serde_json` reads no more by default:
/// <https://docs.rs/serde_json/1/serde_json/struct.Deserializer.html#method.disable_recursion_limit>. PostgreSQL
/// refuses some thousands, depending on `max_stack_depth`, and SQLite keeps any number as a text.
pub(crate) const MAX_DEPTH: usize = 127;

/// Whether more than [`MAX_DEPTH`] arrays and objects are nested in each other.
pub(crate) fn is_too_deep(json: &str) -> bool {
    // Each level takes two characters, so that most texts are not scanned.
    if json.len() <= 2 * MAX_DEPTH {
        return false;
    }
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Whether a text or a name in this JSON contains U+0000, which JSON always writes as an escape.
pub(crate) fn has_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        // After an odd number of backslashes, this backslash is itself escaped.
        let before = json.as_bytes().get(..at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

/// Reads a value. An error has the path of the place in the JSON, which is only computed on the way to the error, because
/// that is expensive. The error shows no value.
pub(crate) fn read_with_path<T: DeserializeOwned>(json: &str) -> Result<T, (String, serde_json::Error)> {
    serde_json::from_str(json).map_err(|error| {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let (path, error) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Ok(_) => (".".to_owned(), error),
            Err(error) => (error.path().to_string(), error.into_inner()),
        };
        (Escaped(path).to_string(), explained(error, json))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> [String; 2] {
        let objects = format!("{}1{}", r#"{"[":"#.repeat(depth), "}".repeat(depth));
        [format!("{}{}", "[".repeat(depth), "]".repeat(depth)), objects]
    }

    #[test]
    fn the_deepest_json_is_what_serde_json_reads() {
        for json in nested(MAX_DEPTH) {
            assert!(!is_too_deep(&json));
            serde_json::from_str::<serde_json::Value>(&json).expect("it is read");
        }
        for json in nested(MAX_DEPTH + 1) {
            assert!(is_too_deep(&json));
            serde_json::from_str::<serde_json::Value>(&json).expect_err("it is not read");
        }
    }

    #[test]
    fn brackets_in_texts_are_not_levels() {
        assert!(!is_too_deep(&format!(r#"["{}\"{}\\"]"#, "[".repeat(300), "{".repeat(300))));
        assert!(!is_too_deep(&format!("[{}1]", "[],".repeat(300))));
    }

    #[test]
    fn a_nul_is_found_by_its_escape() {
        for json in [r#""\u0000""#, r#""a\\\u0000""#, r#"{"a\u0000":1}"#, r#"["\n\u0000"]"#] {
            assert!(has_nul(json), "{json}");
        }
        for json in [r#""\\u0000""#, r#""\\\\u0000""#, r#""u0000""#, r#""\u0001""#] {
            assert!(!has_nul(json), "{json}");
        }
    }
}
