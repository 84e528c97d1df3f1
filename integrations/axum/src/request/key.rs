//! The idempotency key in the headers of a request.

use axum::http::{HeaderMap, HeaderValue};
use eventsource::store::Append;
use uuid::fmt::Hyphenated;

use super::IDEMPOTENCY_KEY;
use crate::Problem;

/// A key is stored behind the id of its user and a slash.
const MAX: usize = Append::MAX_KEY_BYTES - Hyphenated::LENGTH - 1;

/// The key of a request, if it has one.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => parsed(key).map(Some),
        (Some(_), Some(_)) => Err(invalid("there are several")),
    }
}

fn invalid(reason: &str) -> Problem {
    Problem::bad_request(format!("the header Idempotency-Key is invalid: {reason}"))
}

/// The text of a key: a structured field string, or the value as it is.
fn parsed(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().map_err(|_| invalid("it has characters other than visible ASCII"))?.trim();
    let key = match text.strip_prefix('"') {
        None => text.to_owned(),
        Some(quoted) => {
            unquoted(quoted).ok_or_else(|| invalid("its quotation marks or escapes are wrong"))?
        }
    };
    match key.len() {
        0 => Err(invalid("it is empty")),
        length if length > MAX => Err(invalid("it is too long")),
        _ => Ok(key),
    }
}

/// What is between the quotation marks, of which the first is removed already.
fn unquoted(quoted: &str) -> Option<String> {
    let (mut key, mut chars) = (String::with_capacity(quoted.len()), quoted.chars());
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(key),
            '\\' => key.push(chars.next().filter(|char| matches!(char, '"' | '\\'))?),
            char => key.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_and_without_quotation_marks() {
        for (value, key) in [
            ("8e03978e-40d5", Some("8e03978e-40d5")),
            (r#""8e03978e-40d5""#, Some("8e03978e-40d5")),
            (r#""a \"b\" \\ c""#, Some(r#"a "b" \ c"#)),
            ("", None),
            (r#""""#, None),
            (r#""a"#, None),
            (r#""a"b"#, None),
            (r#""a\b""#, None),
        ] {
            let value = HeaderValue::from_str(value).expect("a header");
            assert_eq!(parsed(&value).ok().as_deref(), key, "{value:?}");
        }
        let long = |length: usize| parsed(&HeaderValue::from_str(&"k".repeat(length)).expect("a header"));
        assert!(MAX == 219 && long(MAX).is_ok() && long(MAX + 1).is_err());
    }
}
