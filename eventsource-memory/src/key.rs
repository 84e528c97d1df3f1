//! The key of a row: compared by value, shown as JSON.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Value, value::RawValue};

use eventsource_core::{
    Timestamp,
    store::{BoxError, ColumnKind, ReadModelTable},
};

/// Keys are equal and ordered by value, whatever their JSON looks like.
#[derive(Debug, Clone)]
pub(super) struct RowKey {
    parts: Vec<Part>,
    json: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Null,
    Bool(bool),
    Whole(i128),
    Fraction(Fraction),
    Text(String),
    Time(Timestamp),
    /// A key of several parts that are not columns of a table.
    List(Vec<Part>),
    /// Objects, and numbers that no type can hold, as JSON text.
    Other(String),
}

#[derive(Debug, Clone)]
struct Fraction(f64);

impl RowKey {
    /// The key whose whole value is this JSON.
    pub(super) fn whole(json: &RawValue) -> Result<Self, BoxError> {
        Ok(Self { parts: vec![Part::of(json)?], json: json.get().to_owned() })
    }

    /// The key columns of a row, or of an object that has no other columns.
    pub(super) fn of(table: &ReadModelTable, row: &RawValue) -> Result<Self, BoxError> {
        let mut values: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row.get())?;
        let (mut parts, mut fields) = (Vec::new(), Vec::new());
        for column in table.key_columns() {
            let value = values
                .remove(&column.name)
                .ok_or_else(|| format!("a row of `{}` has no column `{}`", table.name, column.name))?;
            parts.push(match serde_json::from_str(value.get()) {
                // A text with a fraction would come before one without.
                Ok(time) if column.kind == ColumnKind::Timestamp => Part::Time(time),
                _ => Part::of(&value)?,
            });
            fields.push(format!("{}:{value}", serde_json::to_string(&column.name)?));
        }
        Ok(Self { parts, json: format!("{{{}}}", fields.join(",")) })
    }

    pub(super) fn json(&self) -> &str {
        &self.json
    }
}

impl Part {
    fn of(json: &RawValue) -> Result<Self, serde_json::Error> {
        // Parsed before the conversion to a `Value`, which would round integers of more than 64 bits.
        if let Ok(whole) = json.get().parse() {
            return Ok(Self::Whole(whole));
        }
        if let Ok(parts) = serde_json::from_str::<Vec<Box<RawValue>>>(json.get()) {
            return Ok(Self::List(parts.iter().map(|part| Self::of(part)).collect::<Result<_, _>>()?));
        }
        Ok(match serde_json::from_str(json.get())? {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(bool),
            Value::String(text) => Self::Text(text),
            Value::Number(number) if number.is_f64() => {
                Self::Fraction(Fraction(number.as_f64().unwrap_or(f64::NAN)))
            }
            other => Self::Other(other.to_string()),
        })
    }
}

impl PartialEq for RowKey {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for RowKey {}

impl PartialOrd for RowKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Fraction {}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str) -> RowKey {
        RowKey::whole(serde_json::from_str(json).expect("JSON")).expect("a key")
    }

    #[test]
    fn fractions_are_ordered_by_value() {
        for (less, more) in [("9.5", "10.5"), ("-10.5", "-9.5"), ("-0.5", "0.5"), ("1.5", "1e1")] {
            assert!(key(less) < key(more), "{less} and {more}");
        }
        assert_eq!(key("1.50"), key("15e-1"));
        assert_ne!(key("1.5"), key("1.25"));
    }
}
