//! The canonical form of JSON: one text for all texts that PostgreSQL's `jsonb` does not distinguish, as `jsonb` writes
//! it except for spaces, <https://www.postgresql.org/docs/current/datatype-json.html>.
//!
//! So a value in a JSON column is the same text in every store. Names are in the order of their lengths, and unique.
//! Numbers have no exponent and zero has no sign.

use std::{borrow::Cow, ops::Range};

use super::MAX_DEPTH;

/// Why a JSON value has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanonicalFault {
    /// Too many arrays and objects are nested in each other.
    TooDeep,
    /// A text is not Unicode, as with half of a surrogate pair.
    Text,
    /// A number has an exponent that no floating-point number has.
    Number,
}

/// The canonical form of a valid JSON text that is nested in this many arrays or objects.
pub fn canonical(json: &str, depth: usize) -> Result<String, CanonicalFault> {
    let mut out = String::with_capacity(json.len() + 16);
    Cursor::new(json).canonical(depth, &mut out)?;
    Ok(out)
}

/// The JSON of a floating-point number, without the sign of zero.
pub(crate) fn canonical_float(json: &str) -> &str {
    match json.strip_prefix('-') {
        Some(positive) if is_zero(positive) => positive,
        _ => json,
    }
}

fn is_zero(positive: &str) -> bool {
    let mantissa = positive.split(['e', 'E']).next().unwrap_or_default();
    mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// Reads valid JSON.
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(json: &'a str) -> Self {
        Self { rest: json }
    }

    /// The number of bytes that are not read yet.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next character that is not a space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match self.rest.as_bytes().first() {
            Some(byte) if is_space(byte) => {
                let spaces = self.rest.bytes().take_while(is_space).count();
                self.take(spaces);
                self.rest.bytes().next()
            }
            byte => byte.copied(),
        }
    }

    /// Skips this character, and says whether it was there.
    pub(crate) fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        if is_there {
            self.take(1);
        }
        is_there
    }

    /// `len` ends before or after an ASCII character.
    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// A text, with its quotes.
    fn text(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while let Some(next) =
            bytes.get(end..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'"' | b'\\')))
        {
            end += next + 1;
            if bytes.get(end - 1) == Some(&b'"') {
                return self.take(end);
            }
            // The character after a backslash ends no text.
            end += 1;
        }
        self.take(bytes.len())
    }

    /// The name of a field, and the colon.
    pub(crate) fn name(&mut self) -> Result<Cow<'a, str>, CanonicalFault> {
        self.peek();
        let text = self.text();
        self.skip(b':');
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
            _ => serde_json::from_str(text).map(Cow::Owned).map_err(|_| CanonicalFault::Text),
        }
    }

    /// A number or a literal.
    fn scalar(&mut self) -> &'a str {
        let ends = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let len = self.rest.bytes().position(ends);
        self.take(len.unwrap_or(self.rest.len()))
    }

    /// The text of the next value.
    pub(crate) fn value(&mut self) -> &'a str {
        self.peek();
        let (from, mut depth) = (self.rest, 0_usize);
        loop {
            match self.peek() {
                None => break,
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.take(1);
                }
                Some(b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    self.take(1);
                }
                Some(b',' | b':') => {
                    self.take(1);
                }
                Some(b'"') => {
                    self.text();
                }
                Some(_) => {
                    // A text that is not JSON has no end here.
                    if self.scalar().is_empty() {
                        self.take(self.rest.len());
                    }
                }
            }
            if depth == 0 {
                break;
            }
        }
        from.get(..from.len() - self.rest.len()).unwrap_or(from)
    }

    fn canonical(&mut self, depth: usize, out: &mut String) -> Result<(), CanonicalFault> {
        match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Err(CanonicalFault::TooDeep),
            Some(b'{') => self.object(depth + 1, out),
            Some(b'[') => self.array(depth + 1, out),
            Some(b'"') => {
                let text = self.text();
                if !text.contains('\\') {
                    out.push_str(text);
                    return Ok(());
                }
                let text: String = serde_json::from_str(text).map_err(|_| CanonicalFault::Text)?;
                push_text(&text, out);
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => number(self.scalar(), out),
            _ => {
                out.push_str(self.scalar());
                Ok(())
            }
        }
    }

    fn array(&mut self, depth: usize, out: &mut String) -> Result<(), CanonicalFault> {
        self.skip(b'[');
        out.push('[');
        let mut is_first = true;
        while !self.skip(b']') && self.peek().is_some() {
            if !is_first {
                self.skip(b',');
                out.push(',');
            }
            is_first = false;
            self.canonical(depth, out)?;
        }
        out.push(']');
        Ok(())
    }

    fn object(&mut self, depth: usize, out: &mut String) -> Result<(), CanonicalFault> {
        self.skip(b'{');
        out.push('{');
        let begin = out.len();
        let mut fields: Vec<(Cow<'a, str>, Range<usize>)> = Vec::new();
        while !self.skip(b'}') && self.peek().is_some() {
            self.skip(b',');
            let name = self.name()?;
            if !fields.is_empty() {
                out.push(',');
            }
            let start = out.len();
            push_text(&name, out);
            out.push(':');
            self.canonical(depth, out)?;
            fields.push((name, start..out.len()));
        }
        let order = |(one, _): &(Cow<'_, str>, _), (other, _): &(Cow<'_, str>, _)| {
            (one.len(), one.as_ref()).cmp(&(other.len(), other.as_ref()))
        };
        if !fields.is_sorted_by(|one, other| order(one, other).is_lt()) {
            // The sort is stable: of fields with one name, the last stays.
            fields.sort_by(order);
            let unordered = out.split_off(begin);
            for (index, (name, range)) in fields.iter().enumerate() {
                if fields.get(index + 1).is_some_and(|(next, _)| next == name) {
                    continue;
                }
                if out.len() > begin {
                    out.push(',');
                }
                out.push_str(unordered.get(range.start - begin..range.end - begin).unwrap_or_default());
            }
        }
        out.push('}');
        Ok(())
    }
}

fn push_text(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// The largest exponent of which the digits are written out; a floating-point number has at most 308.
const MAX_EXPONENT: i32 = 1_000;

fn number(json: &str, out: &mut String) -> Result<(), CanonicalFault> {
    let (sign, positive) = match json.strip_prefix('-') {
        Some(positive) => (if is_zero(positive) { "" } else { "-" }, positive),
        None => ("", json),
    };
    out.push_str(sign);
    let Some((mantissa, exponent)) = positive.split_once(['e', 'E']) else {
        out.push_str(positive);
        return Ok(());
    };
    let exponent = exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= MAX_EXPONENT);
    let exponent = exponent.ok_or(CanonicalFault::Number)?;
    let shift = usize::try_from(exponent.unsigned_abs()).map_err(|_| CanonicalFault::Number)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = |count: usize| "0".repeat(count);
    let (whole, fraction) = if exponent < 0 {
        let whole = format!("{}{whole}", zeros((shift + 1).saturating_sub(whole.len())));
        let (whole, shifted) = whole.split_at(whole.len() - shift);
        (whole.to_owned(), format!("{shifted}{fraction}"))
    } else {
        let fraction = format!("{fraction}{}", zeros(shift.saturating_sub(fraction.len())));
        let (shifted, fraction) = fraction.split_at(shift);
        (format!("{whole}{shifted}"), fraction.to_owned())
    };
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_jsonb_writes_it() {
        for (json, due) in [
            (r#"{"bb":1,"a":{"z":1,"y":[]},"c":{}}"#, r#"{"a":{"y":[],"z":1},"c":{},"bb":1}"#),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#"{"\u0061":1,"a" : 2}"#, r#"{"a":2}"#),
            (r#"[1,"a, b",[ ],null , true]"#, r#"[1,"a, b",[],null,true]"#),
            (r#""\u00e9\/\\\"\n\u0001""#, r#""é/\\\"\n\u0001""#),
            (r#"{"\"":"]}"}"#, r#"{"\"":"]}"}"#),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("-0.00e-1", "0.000"),
            ("-1.50", "-1.50"),
            ("1e16", "10000000000000000"),
            ("1.5e-7", "0.00000015"),
            ("12.5E+1", "125"),
            ("1.2345e2", "123.45"),
            ("12345.6e-3", "12.3456"),
            ("0.15e1", "1.5"),
            ("0e3", "0"),
            ("18446744073709551616", "18446744073709551616"),
        ] {
            let found = canonical(json, 0).expect("it has a canonical form");
            assert_eq!(found, due, "{json}");
            assert_eq!(canonical(&found, 0).as_deref(), Ok(due), "{json}");
        }
    }

    #[test]
    fn json_that_a_store_refuses_has_no_canonical_form() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(canonical(&nested(MAX_DEPTH - 1), 1).is_ok());
        assert_eq!(canonical(&nested(MAX_DEPTH), 1), Err(CanonicalFault::TooDeep));
        assert_eq!(canonical(r#""\ud800""#, 0), Err(CanonicalFault::Text));
        assert_eq!(canonical(r#"{"\ud800":1}"#, 0), Err(CanonicalFault::Text));
        assert_eq!(canonical("1e1001", 0), Err(CanonicalFault::Number));
    }

    #[test]
    fn values_are_found_by_their_ends() {
        let mut cursor = Cursor::new(r#" {"a" : [1, "]"], "b\n":"}", "c":-1.5e3 }"#);
        assert!(cursor.skip(b'{'));
        let mut found = Vec::new();
        while !cursor.skip(b'}') {
            cursor.skip(b',');
            found.push((cursor.name().expect("a name").into_owned(), cursor.value()));
        }
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, *value)).collect();
        assert_eq!(found, [("a", r#"[1, "]"]"#), ("b\n", r#""}""#), ("c", "-1.5e3")]);
    }

    proptest::proptest! {
        /// The value is the same, except for the sign of zero.
        #[test]
        fn a_canonical_float_is_the_same_number(bits in proptest::num::u64::ANY) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(value.is_finite());
            let json = serde_json::to_string(&value).expect("a number");
            let read: f64 = serde_json::from_str(&canonical(&json, 0).expect("canonical")).expect("a number");
            proptest::prop_assert_eq!(read, value);
        }
    }
}
