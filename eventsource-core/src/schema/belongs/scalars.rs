//! Values without parts, and the keys of maps.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use serde_json::{Number, Value};
use uuid::Uuid;

use super::{Belongs, Judge, unexpected};
use crate::{
    Timestamp,
    schema::{Float, Form, Int},
};

pub(super) fn belongs(form: &Form, value: &Value) -> bool {
    match (form, value) {
        (Form::Null, Value::Null)
        | (Form::Bool, Value::Bool(_))
        | (Form::Text, Value::String(_))
        // A number that is not finite is written as `null`.
        | (Form::Float(Float::F64), Value::Number(_)) => true,
        (Form::Float(Float::F32), Value::Number(number)) => {
            number.as_f64().is_some_and(|number| number.abs() <= f32::MAX.into())
        }
        (Form::Int(int), Value::Number(number)) => is_int(*int, number),
        (Form::Char, Value::String(text)) => is_char(text),
        (Form::Formatted(format), Value::String(text)) => has_format(format, text),
        _ => false,
    }
}

impl Judge<'_> {
    /// Whether a form writes this key of a map.
    pub(super) fn key(self, form: &Form, key: &str) -> Belongs {
        if self.is_key(form, key) { Ok(()) } else { Err(unexpected(form, &Value::from(key))) }
    }

    fn is_key(self, form: &Form, key: &str) -> bool {
        match form {
            Form::Any | Form::Text => true,
            Form::Bool => matches!(key, "true" | "false"),
            Form::Int(int) => is_in_range(*int, key),
            Form::Float(_) => key.parse::<f64>().is_ok(),
            Form::Char => is_char(key),
            Form::Formatted(format) => has_format(format, key),
            Form::Option(inner) | Form::Newtype(inner) => self.is_key(inner, key),
            Form::Split { written, read } => {
                self.is_key(written, key) || self.stored && self.is_key(read, key)
            }
            Form::Named(name) => self.named(name).is_none_or(|(named, form)| named.is_key(form, key)),
            Form::Enum(of) => of.variants.iter().any(|variant| match &variant.content {
                None => self.names(variant, key),
                Some(form) => self.is_key(form, key),
            }),
            _ => false,
        }
    }
}

fn is_int(int: Int, number: &Number) -> bool {
    let text = number.to_string();
    // A number beyond 64 bits may have been rounded when it was parsed.
    let is_rounded = || {
        let is_whole = number.as_f64().is_some_and(|it| it.fract() == 0.0 && it.abs() < 3.5e38);
        int.bits == 128 && is_whole && (int.signed || !text.starts_with('-'))
    };
    is_in_range(int, &text) || text.parse::<i128>().is_err() && is_rounded()
}

/// Whether digits are an integer of this range, as it is written: without a needless sign or zero.
fn is_in_range(Int { signed, bits, nonzero }: Int, digits: &str) -> bool {
    let Ok(value) = digits.parse::<i128>() else {
        return bits == 128
            && !signed
            && digits.parse::<u128>().is_ok_and(|value| value.to_string() == digits);
    };
    let is_in_range = match (signed, bits) {
        (true, 128) => true,
        (false, 128) => value >= 0,
        (true, bits) => (-(1 << (bits - 1))..1 << (bits - 1)).contains(&value),
        (false, bits) => (0..1 << bits).contains(&value),
    };
    is_in_range && !(nonzero && value == 0) && value.to_string() == digits
}

fn is_char(text: &str) -> bool {
    text.chars().count() == 1
}

/// Whether a text has a format. Texts of other formats are not examined.
fn has_format(format: &str, text: &str) -> bool {
    match format {
        "uuid" => Uuid::try_parse(text).is_ok(),
        // Not each type that has the format writes years of four digits.
        "timestamp" => text.starts_with(['+', '-']) || text.parse::<Timestamp>().is_ok(),
        "ip" => text.parse::<IpAddr>().is_ok(),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "socket address" => text.parse::<SocketAddr>().is_ok(),
        "ipv4 socket address" => text.parse::<SocketAddrV4>().is_ok(),
        "ipv6 socket address" => text.parse::<SocketAddrV6>().is_ok(),
        _ => true,
    }
}
