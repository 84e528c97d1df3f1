//! The feature `arbitrary_precision` of `serde_json`. If any crate of a build enables it, all of the build has it, and
//! floating-point numbers inside of `#[serde(tag)]`, `#[serde(untagged)]` and `#[serde(flatten)]` cannot be read:
//! <https://github.com/serde-rs/json/issues/1108>.

use std::sync::LazyLock;

use serde::Deserialize;

use super::without_values;

/// What serde buffers before it knows the type, as for `tag` and `flatten`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Buffered {
    Float(#[expect(dead_code, reason = "it is only read")] f64),
}

static IS_ENABLED: LazyLock<bool> = LazyLock::new(|| serde_json::from_str::<Buffered>("0.5").is_err());

pub(super) const CAUSE: &str = "; a crate of this build enables the feature `arbitrary_precision` of `serde_json`, with \
    which floating-point numbers inside of `tag`, `untagged` and `flatten` cannot be read";

/// The error of decoding this JSON, [without values](without_values), and with its cause if that may be the feature
/// `arbitrary_precision`.
#[cold]
pub(crate) fn explained(error: serde_json::Error, json: &str) -> serde_json::Error {
    let error = without_values(error);
    if *IS_ENABLED && has_float(json) { with_cause(&error) } else { error }
}

fn with_cause(error: &serde_json::Error) -> serde_json::Error {
    serde::de::Error::custom(format_args!("{error}{CAUSE}"))
}

/// Whether a number in this JSON has a point or an exponent, or more digits than an integer of 64 bits.
fn has_float(json: &str) -> bool {
    let (mut in_text, mut is_escaped, mut digits) = (false, false, 0_usize);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'.' => return true,
            b'e' | b'E' if digits > 0 => return true,
            b'0'..=b'9' => {
                digits += 1;
                if digits > 18 {
                    return true;
                }
            }
            _ => digits = 0,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_feature_concerns_are_found() {
        for json in ["0.5", "[1e3]", r#"{"a":-1.0}"#, "18446744073709551616", r#"["\"",1E2]"#] {
            assert!(has_float(json), "{json}");
        }
        for json in ["1", "true", r#""0.5 \" 1e3""#, r#"{"1.5":[false,null,9]}"#] {
            assert!(!has_float(json), "{json}");
        }
    }

    #[test]
    fn only_a_build_with_the_feature_is_blamed() {
        let error = || serde_json::from_str::<Buffered>("{}").err().expect("no float");
        assert_eq!(explained(error(), "0.5").to_string().contains("arbitrary_precision"), *IS_ENABLED);
        assert!(!explained(error(), "{}").to_string().contains("arbitrary_precision"));
        let text = with_cause(&error()).to_string();
        assert!(text.starts_with(&error().to_string()) && text.contains("arbitrary_precision"), "{text}");
        assert_eq!(without_values(with_cause(&error())).to_string(), text);
    }
}
