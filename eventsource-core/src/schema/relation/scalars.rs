//! Reading texts, numbers and similar values.

use super::{
    Outcome,
    reading::{How, expected},
    written::{Text, Written},
};
use crate::schema::{Float, Form, Int};

/// Reads values without parts.
pub(super) fn read(form: &Form, written: &Written<'_>, how: How) -> Outcome {
    let refused = || Outcome::refused(format!("{written} was written, {} is read", expected(form)));
    let partly = || Outcome::partly_refused(format!("{written} was written, {} is read", expected(form)));
    match (form, written) {
        (Form::Bool, Written::Bool) | (Form::Text, Written::Text(_)) => Outcome::accepted(),

        (Form::Int(Int { bits: 128, .. }), Written::Int(_)) if how.buffered => Outcome::refused(
            "serde must buffer the value to find the variant or the flattened fields, and cannot do that \
             with 128 bits",
        ),
        (Form::Int(read), Written::Int(written)) => {
            if read.holds(*written) {
                Outcome::accepted()
            } else {
                partly()
            }
        }
        (Form::Float(read), Written::Int(written)) => exact_up_to(*read, *written, how),
        (Form::Float(Float::F32), Written::Float(Float::F64)) if how.buffered => {
            Outcome::lossy("a number (`f64`) is rounded to `f32`")
        }
        (Form::Float(Float::F32), Written::Float(Float::F64)) => Outcome::partly_refused(
            "a number (`f64`) is rounded to `f32`, and refused beyond what that can hold",
        ),
        (Form::Float(_), Written::Float(_)) => Outcome::accepted(),
        (Form::Formatted(format), Written::Int(int)) if format == "decimal" => {
            if int.bits <= 64 {
                Outcome::accepted()
            } else {
                partly()
            }
        }

        (Form::Char, Written::Text(text)) => match text {
            Text::Char => Outcome::accepted(),
            Text::Word(word) if word.chars().count() == 1 => Outcome::accepted(),
            Text::Any | Text::Digits(_) => partly(),
            _ => refused(),
        },
        (Form::Formatted(read), Written::Text(text)) => match text {
            Text::Format(written) if includes(read, written) => Outcome::accepted(),
            Text::Any => partly(),
            _ => refused(),
        },

        (Form::Int(_) | Form::Float(_) | Form::Bool, Written::Text(text)) if how.key => {
            if how.buffered {
                return Outcome::refused(
                    "serde must buffer the value to find the variant or the flattened fields, and reads \
                     keys only as texts then",
                );
            }
            key(form, *text, how).unwrap_or_else(|some| if some { partly() } else { refused() })
        }
        _ => refused(),
    }
}

/// Reads a unit variant that is identified by its content.
pub(super) fn null(written: &Written<'_>) -> Outcome {
    match written {
        Written::Null => Outcome::accepted(),
        Written::Anything => Outcome::partly_refused("any value was written, `null` is read"),
        _ => Outcome::refused(format!("{written} was written, `null` is read")),
    }
}

/// Reads a key as a type other than text. The error says whether some of the keys are accepted.
fn key(form: &Form, text: Text<'_>, how: How) -> Result<Outcome, bool> {
    let accepted = |all: bool| if all { Ok(Outcome::accepted()) } else { Err(true) };
    match (form, text) {
        (_, Text::Any | Text::Char) => Err(true),
        (Form::Int(read), Text::Digits(written)) => accepted(read.holds(written)),
        (Form::Int(read), Text::Word(word)) => {
            if read.reads(word) {
                Ok(Outcome::accepted())
            } else {
                Err(false)
            }
        }
        (Form::Float(read), Text::Digits(written)) => Ok(exact_up_to(*read, written, how)),
        (Form::Float(_), Text::Fraction) | (Form::Bool, Text::Truth | Text::Word("true" | "false")) => {
            Ok(Outcome::accepted())
        }
        _ => Err(false),
    }
}

/// A float represents integers exactly up to the size of its significand. Integers beyond its range are refused,
/// unless they were buffered as an `f64` before.
fn exact_up_to(read: Float, written: Int, how: How) -> Outcome {
    let digits = match read {
        Float::F32 => 24,
        Float::F64 => 53,
    };
    if written.bits - u8::from(written.signed) <= digits {
        return Outcome::accepted();
    }
    if read == Float::F32 && written.max() == u128::MAX && !how.buffered {
        return Outcome::partly_refused(format!(
            "a number (`{written}`) beyond {digits} bits is rounded, and refused beyond what `f32` can hold"
        ));
    }
    Outcome::lossy(format!("a number (`{written}`) beyond {digits} bits is rounded"))
}

/// Whether texts of the format `written` are texts of the format `read`.
fn includes(read: &str, written: &str) -> bool {
    read == written
        || matches!(
            (read, written),
            ("ip", "ipv4" | "ipv6")
                | ("socket address", "ipv4 socket address" | "ipv6 socket address")
                | ("timestamp with offset", "timestamp")
        )
}

impl Int {
    /// Whether a key is read as such a number: in the notation of JSON, without a plus sign or leading zeros.
    fn reads(self, word: &str) -> bool {
        let digits = word.strip_prefix('-');
        match digits.unwrap_or(word).as_bytes() {
            // serde_json takes it for a float, unless a signed 128-bit integer is read.
            [b'0'] if digits.is_some() => self.signed && self.bits == 128 && !self.nonzero,
            [b'0'] => !self.nonzero,
            [b'1'..=b'9', ..] if digits.is_some() => word.parse().is_ok_and(|number| self.min() <= number),
            [b'1'..=b'9', ..] => word.parse().is_ok_and(|number: u128| number <= self.max()),
            _ => false,
        }
    }

    fn holds(self, other: Self) -> bool {
        self.min() <= other.min() && other.max() <= self.max() && (!self.nonzero || other.nonzero)
    }

    pub(super) fn min(self) -> i128 {
        if self.signed { i128::MIN >> (128 - u32::from(self.bits)) } else { 0 }
    }

    pub(super) fn max(self) -> u128 {
        u128::MAX >> (128 - u32::from(self.bits) + u32::from(self.signed))
    }
}
