//! Times in rows, which a column keeps to the microsecond.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Timestamp,
    store::{ColumnKind, ReadModelTable},
};

/// The columns of a table that hold points in time.
#[derive(Debug)]
pub(super) struct TimeColumns(Vec<String>);

impl TimeColumns {
    pub(super) fn of(table: &ReadModelTable) -> Self {
        let times = table.columns.iter().filter(|column| column.kind == ColumnKind::Timestamp);
        Self(times.map(|column| column.name.clone()).collect())
    }

    /// The JSON of a row. What is finer than a microsecond is cut off its times, as [`Timestamp`] does, because types
    /// of other crates keep nanoseconds, and databases round them in different ways.
    pub(super) fn encode(&self, row: &impl Serialize) -> Result<Box<RawValue>, serde_json::Error> {
        let row = to_raw_value(row)?;
        if self.0.is_empty() || !has_long_fraction(row.get()) {
            return Ok(row);
        }
        let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row.get())?;
        for name in &self.0 {
            if let Some(field) = fields.get_mut(name)
                && let Ok(time) = serde_json::from_str::<Timestamp>(field.get())
            {
                *field = to_raw_value(&time)?;
            }
        }
        to_raw_value(&fields)
    }
}

/// Whether a point is followed by more than six digits. Few rows have one, so few are decoded.
fn has_long_fraction(json: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    json.match_indices('.').any(|(place, point)| digits(&json[place + point.len()..]) > 6)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::Column;

    fn encoded(row: &Value) -> Value {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind, nullable: true, key: false };
        let columns = vec![
            column("id", ColumnKind::Text),
            column("at", ColumnKind::Timestamp),
            column("until", ColumnKind::Timestamp),
        ];
        let table = ReadModelTable { name: "rows".to_owned(), columns, owned_by_application: false };
        let row = TimeColumns::of(&table).encode(row).expect("encodes");
        serde_json::from_str(row.get()).expect("JSON")
    }

    #[test]
    fn times_of_a_row_are_cut_to_the_microsecond() {
        let fine = "2026-01-02T03:04:05.1234567+02:00";
        let row = json!({"id": fine, "at": fine, "until": "1969-12-31T23:59:59.9999999Z"});
        let due =
            json!({"id": fine, "at": "2026-01-02T01:04:05.123456Z", "until": "1969-12-31T23:59:59.999999Z"});
        assert_eq!(encoded(&row), due);
    }

    #[test]
    fn other_rows_stay_as_they_are() {
        for row in [
            json!({"id": "a", "at": null, "until": "2026-01-02T03:04:05.123456+02:00"}),
            json!({"id": "0.12345678", "at": null, "until": "never.12345678"}),
        ] {
            assert_eq!(encoded(&row), row);
        }
    }
}
