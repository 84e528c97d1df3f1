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

// The JSON form of these types depends on features of their crates, which any crate of a program may enable. So the
// form is observed at run time.
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

/// The form that serde writes for this value: a text in this format, a number, or a few numbers.
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

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    /// Asserts that a value is written as its form says.
    #[track_caller]
    fn written_as_said<T: Schema + Serialize>(value: &T) {
        let written = serde_json::to_value(value).expect("it is written");
        let form = T::describe(&mut Definitions::default());
        let right = match &form {
            Form::Formatted(_) => written.is_string(),
            Form::Int(_) => written.is_u64(),
            Form::Float(_) => written.is_f64(),
            Form::Tuple { items, .. } => written.as_array().is_some_and(|array| array.len() == items.len()),
            _ => false,
        };
        assert!(right, "{written} is not `{form}`");
    }

    #[test]
    fn our_types_are_written_as_their_forms_say() {
        written_as_said(&EventId::new());
        written_as_said(&Version::MAX);
        written_as_said(&Position::START);
        written_as_said(&Timestamp::now());
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn types_of_jiff_are_written_as_their_forms_say() {
        let now = jiff::Timestamp::now();
        let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
        written_as_said(&now);
        written_as_said(&zoned);
        written_as_said(&zoned.datetime());
        written_as_said(&zoned.date());
        written_as_said(&zoned.time());
        written_as_said(&jiff::Span::new().days(1));
        written_as_said(&jiff::SignedDuration::from_secs(1));
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn types_of_chrono_are_written_as_their_forms_say() {
        let time = chrono::DateTime::<chrono::Utc>::UNIX_EPOCH;
        written_as_said(&time);
        written_as_said(&time.fixed_offset());
        written_as_said(&time.naive_utc());
        written_as_said(&time.date_naive());
        written_as_said(&time.time());
        written_as_said(&chrono::Month::May);
        written_as_said(&chrono::Weekday::Mon);
    }

    #[cfg(feature = "time")]
    #[test]
    fn types_of_time_are_written_as_their_forms_say() {
        let time = time::OffsetDateTime::UNIX_EPOCH;
        written_as_said(&time);
        written_as_said(&time::PrimitiveDateTime::MAX);
        written_as_said(&time.date());
        written_as_said(&time.time());
        written_as_said(&time.offset());
        written_as_said(&time::Duration::DAY);
        written_as_said(&time::Month::May);
        written_as_said(&time::Weekday::Monday);
    }

    #[cfg(feature = "rust_decimal")]
    #[test]
    fn a_decimal_is_written_as_its_form_says() {
        written_as_said(&rust_decimal::Decimal::ONE_HUNDRED);
    }
}
