//! Values of rows: from JSON to SQLite values, and back.
//!
//! This does not use SQLite's own JSON functions: they read a number of more than 64 bits as a float, write floats with
//! fewer digits, and refuse deeply nested documents.

use std::collections::BTreeMap;

use eventsource_core::{
    Timestamp,
    store::{Column, ColumnKind, ReadModelTable, value_in_error},
};
use serde_json::value::RawValue;
use sqlx::{
    Row, Sqlite, TypeInfo, ValueRef,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{ReadModelError, statements::type_of};
use crate::row::decode_error;

/// A value as SQLite stores it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl Value {
    pub(super) fn bind(
        self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Query<'_, Sqlite, SqliteArguments> {
        match self {
            Self::Null => query.bind(None::<i64>),
            Self::Integer(value) => query.bind(value),
            Self::Real(value) => query.bind(value),
            Self::Text(value) => query.bind(value),
        }
    }
}

/// The values of some columns of a row, or of a key, in the order of the columns.
pub(super) fn values<'a>(
    table: &ReadModelTable,
    columns: impl Iterator<Item = &'a Column>,
    row: &RawValue,
) -> Result<Vec<Value>, ReadModelError> {
    let unfit = |column: &Column, value: &str| ReadModelError::Unfit {
        table: table.name.clone(),
        column: column.name.clone(),
        wanted: type_of(&column.kind).to_owned(),
        value: value_in_error(value).chars().take(100).collect(),
    };
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(row.get()).unwrap_or_default();
    let value = |column: &Column| {
        let text = fields.get(&column.name).map_or("null", |value| value.get());
        read(column, text).ok_or_else(|| unfit(column, text))
    };
    columns.map(value).collect()
}

/// The kind of values in a column. SQLite has no boolean and no JSON type: when read, their values could not be
/// distinguished from a number or a text.
fn kind_of(column: &Column) -> &ColumnKind {
    let is = |name: &str, names: [&str; 2]| names.iter().any(|it| it.eq_ignore_ascii_case(name));
    match &column.kind {
        ColumnKind::Native(name) if is(name, ["bool", "boolean"]) => &ColumnKind::Bool,
        ColumnKind::Native(name) if is(name, ["json", "jsonb"]) => &ColumnKind::Json,
        kind => kind,
    }
}

fn read(column: &Column, text: &str) -> Option<Value> {
    let kind = kind_of(column);
    // A JSON `null` too, as PostgreSQL has it.
    if text == "null" {
        return Some(Value::Null);
    }
    let string = || serde_json::from_str::<String>(text).ok();
    match kind {
        ColumnKind::Bool => serde_json::from_str::<bool>(text).ok().map(|value| Value::Integer(value.into())),
        ColumnKind::Int16 | ColumnKind::Int32 | ColumnKind::Int64 => text.parse().ok().map(Value::Integer),
        // A number that is too long for SQLite is stored as its digits.
        ColumnKind::Numeric => match text.parse() {
            Ok(value) => Some(Value::Integer(value)),
            Err(_) => is_whole(text).then(|| Value::Text(text.to_owned())),
        },
        ColumnKind::Float32 | ColumnKind::Float64 => text.parse().ok().map(Value::Real),
        // As text of one length, so that texts are in the order of time.
        ColumnKind::Timestamp => {
            let at: Timestamp = string()?.parse().ok()?;
            Some(Value::Text(format!("{at:.6}")))
        }
        ColumnKind::Json => Some(Value::Text(text.to_owned())),
        // Only values that are read unchanged.
        ColumnKind::Native(_) => match serde_json::from_str::<serde_json::Value>(text).ok()? {
            serde_json::Value::String(value) => Some(Value::Text(value)),
            serde_json::Value::Number(_) if is_whole(text) => text.parse().ok().map(Value::Integer),
            serde_json::Value::Number(value) => value.as_f64().map(Value::Real),
            _ => None,
        },
        // Text, and kinds that this version does not know.
        _ => string().map(Value::Text),
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A row of all columns, as JSON.
pub(super) fn row(columns: &[Column], found: &SqliteRow) -> Result<Box<RawValue>, sqlx::Error> {
    let mut json = String::with_capacity(64 * columns.len());
    for (index, column) in columns.iter().enumerate() {
        json.push(if index == 0 { '{' } else { ',' });
        json.push_str(&serde_json::Value::from(column.name.as_str()).to_string());
        json.push(':');
        write(&mut json, column, found, index)?;
    }
    json.push('}');
    RawValue::from_string(json).map_err(decode_error)
}

fn write(json: &mut String, column: &Column, found: &SqliteRow, index: usize) -> Result<(), sqlx::Error> {
    let value = found.try_get_raw(index)?;
    if value.is_null() {
        json.push_str("null");
        return Ok(());
    }
    let class = value.type_info().name().to_owned();
    match class.as_str() {
        "INTEGER" | "BOOLEAN" => {
            let value: i64 = found.try_get_unchecked(index)?;
            match (kind_of(column), value) {
                (ColumnKind::Bool, 0) => json.push_str("false"),
                (ColumnKind::Bool, 1) => json.push_str("true"),
                // Written by a program in which the column had another type.
                (ColumnKind::Bool, _) => {
                    let (name, value) = (&column.name, value.to_string());
                    return Err(decode_error(format!(
                        "the column `{name}` holds {}, which is neither 0 nor 1, as a boolean is",
                        value_in_error(&value)
                    )));
                }
                _ => json.push_str(&value.to_string()),
            }
        }
        "REAL" => {
            let value: f64 = found.try_get_unchecked(index)?;
            json.push_str(&serde_json::Value::from(value).to_string());
        }
        "TEXT" => {
            let value: &str = found.try_get_unchecked(index)?;
            match kind_of(column) {
                ColumnKind::Json | ColumnKind::Numeric => json.push_str(value),
                _ => json.push_str(&serde_json::Value::from(value).to_string()),
            }
        }
        other => {
            let name = &column.name;
            return Err(decode_error(format!(
                "the column `{name}` holds a {other}, which JSON cannot represent"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    fn column(kind: ColumnKind, nullable: bool) -> Column {
        Column { name: "value".to_owned(), kind, nullable, key: false }
    }

    #[test]
    fn values_are_stored_so_that_sqlite_compares_them_correctly() {
        use ColumnKind as K;
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        for (kind, json, expected) in [
            (K::Bool, "true", Some(Value::Integer(1))),
            (K::Bool, "1", None),
            (K::Int64, "-9223372036854775808", Some(Value::Integer(i64::MIN))),
            (K::Int16, "1.5", None),
            (K::Numeric, "18446744073709551615", text("18446744073709551615")),
            (K::Numeric, "7", Some(Value::Integer(7))),
            (K::Numeric, "1e3", None),
            (K::Float64, "1", Some(Value::Real(1.0))),
            (K::Text, r#""a \u0000 b""#, text("a \0 b")),
            (K::Text, "7", None),
            (K::Json, "null", Some(Value::Null)),
            (K::Json, r#"{"a": 1.0}"#, text(r#"{"a": 1.0}"#)),
            (K::Timestamp, r#""2026-01-02T05:04:05+02:00""#, text("2026-01-02T03:04:05.000000Z")),
            (K::Timestamp, r#""2026-01-02T03:04:05.1Z""#, text("2026-01-02T03:04:05.100000Z")),
            (K::Timestamp, r#""yesterday""#, None),
            (K::Native("Boolean".to_owned()), "false", Some(Value::Integer(0))),
            (K::Native("JSONB".to_owned()), r#"{"a": 1.0}"#, text(r#"{"a": 1.0}"#)),
            (K::Native("inet".to_owned()), r#""::1""#, text("::1")),
            (K::Native("inet".to_owned()), "[1]", None),
        ] {
            assert_eq!(read(&column(kind.clone(), false), json), expected, "{kind:?} {json}");
        }
        assert_eq!(read(&column(K::Json, true), "null"), Some(Value::Null));
    }

    #[tokio::test]
    async fn values_are_read_as_their_column_says() {
        use ColumnKind as K;
        let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        for (sql, kind, json) in [
            ("select 0", K::Bool, Some("false")),
            ("select 1", K::Bool, Some("true")),
            ("select 2", K::Bool, None),
            ("select 1", K::Native("bool".to_owned()), Some("true")),
            ("select 1", K::Int64, Some("1")),
            ("select null", K::Bool, Some("null")),
            ("select '[1]'", K::Json, Some("[1]")),
            ("select '[1]'", K::Text, Some("\"[1]\"")),
        ] {
            let found = sqlx::query(sql).fetch_one(&mut connection).await.expect("a row");
            let read = row(&[column(kind.clone(), true)], &found).ok();
            let expected = json.map(|json| format!("{{\"value\":{json}}}"));
            assert_eq!(read.as_ref().map(|row| row.get()), expected.as_deref(), "{kind:?} {sql}");
        }
    }
}
