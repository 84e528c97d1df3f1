//! Types of other crates, and our own.

use super::{formatted, plain, written_as};
use crate::{
    EventId, Position, Timestamp, Version,
    schema::{Definitions, Form, Schema},
};

plain! {
    serde_json::Value => Form::Any,
    uuid::Uuid => formatted("uuid"),
    Timestamp => formatted("timestamp"),
}

written_as! {
    Version => u64,
    Position => u64,
    EventId => uuid::Uuid,
    serde_json::Map<String, serde_json::Value> => std::collections::BTreeMap<String, serde_json::Value>,
}

#[cfg(feature = "jiff")]
plain! {
    jiff::Timestamp => formatted("timestamp"),
    jiff::Zoned => formatted("zoned"),
    jiff::civil::DateTime => formatted("datetime"),
    jiff::civil::Date => formatted("date"),
    jiff::civil::Time => formatted("time"),
    jiff::Span => formatted("span"),
    jiff::SignedDuration => formatted("duration"),
}

#[cfg(feature = "chrono")]
plain! {
    chrono::DateTime<chrono::Utc> => formatted("timestamp"),
    chrono::DateTime<chrono::FixedOffset> => formatted("timestamp with offset"),
    chrono::NaiveDateTime => formatted("datetime"),
    chrono::NaiveDate => formatted("date"),
    chrono::NaiveTime => formatted("time"),
    chrono::Month => formatted("month"),
    chrono::Weekday => formatted("weekday"),
}

// How these are written depends on features of their crates, which any crate of a program may switch on. So
// it is observed.
#[cfg(feature = "time")]
plain! {
    time::OffsetDateTime => observed("offset datetime", &time::OffsetDateTime::UNIX_EPOCH),
    time::PrimitiveDateTime => observed("datetime", &time::PrimitiveDateTime::MIN),
    time::Date => observed("date", &time::Date::MIN),
    time::Time => observed("time", &time::Time::MIDNIGHT),
    time::UtcOffset => observed("utc offset", &time::UtcOffset::UTC),
    time::Duration => observed("duration", &time::Duration::ZERO),
    time::Month => observed("month", &time::Month::January),
    time::Weekday => observed("weekday", &time::Weekday::Monday),
}

#[cfg(feature = "rust_decimal")]
plain! {
    rust_decimal::Decimal => observed("decimal", &rust_decimal::Decimal::ONE),
}

/// The form of what serde writes for this value: a text in this format, a number, or a few numbers.
#[cfg(any(feature = "time", feature = "rust_decimal"))]
fn observed<T: serde::Serialize>(format: &'static str, value: &T) -> Form {
    use serde_json::Value;

    use crate::schema::Float;

    let number = |value: &Value| {
        if value.is_f64() {
            Form::Float(Float::F64)
        } else {
            <i64 as Schema>::describe(&mut Definitions::default())
        }
    };
    match serde_json::to_value(value) {
        Ok(value @ Value::Number(_)) => number(&value),
        Ok(Value::Array(items)) => Form::tuple(items.iter().map(number).collect()),
        _ => formatted(format),
    }
}
