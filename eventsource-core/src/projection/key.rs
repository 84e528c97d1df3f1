//! Keys of rows as JSON text, which identifies rows while events are folded.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{ProjectionError, times::TimeColumns};
use crate::{EventContext, store::ReadModelTable};

/// Why a key does not name a row of a read model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowKeyError {
    /// The key cannot be written as JSON.
    #[error("read model `{table}`: the key cannot be written as JSON")]
    Encode {
        /// The table.
        table: String,
        /// Why it cannot be written.
        source: serde_json::Error,
    },
    /// A part of the key is null.
    #[error(
        "read model `{table}`: the key {key} holds a null, and a key is never null: return `None` from `Fold::key` for \
         an event without a row"
    )]
    Null {
        /// The table.
        table: String,
        /// The key as JSON.
        key: String,
    },
    /// The key does not have one value for each key column.
    #[error("read model `{table}`: the key {key} is not one value for each of {columns} columns")]
    Columns {
        /// The table.
        table: String,
        /// The key as JSON.
        key: String,
        /// The number of key columns of the table.
        columns: usize,
    },
}

/// Why an event could not be folded into a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// `Fold::key` returns an invalid key.
    #[error("cannot fold {event}")]
    Key {
        /// The event.
        event: Box<EventContext>,
        /// What is wrong with the key.
        source: RowKeyError,
    },
    /// `Fold::fold` returns a row with another key than `Fold::key`.
    #[error(
        "read model `{table}`: for {event}, `Fold::fold` returns a row with the key {made}, but `Fold::key` returns \
         {key}: both must be the same"
    )]
    OtherKey {
        /// The table.
        table: String,
        /// The event.
        event: Box<EventContext>,
        /// The key that `Fold::key` returns, as JSON.
        key: String,
        /// The key of the row that `Fold::fold` returns, as JSON.
        made: String,
    },
}

/// Serializes the keys of one table.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) table: ReadModelTable,
    /// The names of the key columns, as JSON texts.
    names: Vec<String>,
    pub(super) times: TimeColumns,
}

impl Keys {
    pub(crate) fn of(table: ReadModelTable) -> Self {
        let name = |name: &str| serde_json::Value::from(name).to_string();
        let names = table.key_columns().map(|column| name(&column.name)).collect();
        Self { names, times: TimeColumns::of(&table), table }
    }

    /// The JSON of a key: the value for one key column, an array for several. `buffer` is overwritten.
    pub(super) fn text<'a>(
        &self,
        key: &impl Serialize,
        buffer: &'a mut Vec<u8>,
    ) -> Result<&'a str, RowKeyError> {
        buffer.clear();
        serde_json::to_writer(&mut *buffer, key).map_err(|source| self.encode_error(source))?;
        let text = str::from_utf8(buffer).expect("serde_json writes UTF-8");
        if text.contains("null") && self.parts(text)?.iter().any(|part| part.get() == "null") {
            return Err(RowKeyError::Null { table: self.table.name.clone(), key: text.to_owned() });
        }
        Ok(text)
    }

    /// A key in the form that a store expects.
    #[cfg(feature = "runtime")]
    pub(crate) fn of_row(&self, key: &impl Serialize) -> Result<Box<RawValue>, RowKeyError> {
        let mut buffer = Vec::new();
        self.object(self.text(key, &mut buffer)?)
    }

    /// The key as an object of the key columns, in the form that a store expects.
    pub(super) fn object(&self, text: &str) -> Result<Box<RawValue>, RowKeyError> {
        let mut object = String::with_capacity(text.len() + 32);
        for (name, part) in self.names.iter().zip(self.parts(text)?) {
            object.push(if object.is_empty() { '{' } else { ',' });
            object.push_str(name);
            object.push(':');
            object.push_str(part.get());
        }
        object.push('}');
        RawValue::from_string(object).map_err(|source| self.encode_error(source))
    }

    /// The values of the key columns.
    fn parts<'a>(&self, text: &'a str) -> Result<Vec<&'a RawValue>, RowKeyError> {
        let columns = self.names.len();
        let parts = match columns {
            1 => vec![serde_json::from_str(text).map_err(|source| self.encode_error(source))?],
            _ => serde_json::from_str(text).unwrap_or_default(),
        };
        if parts.is_empty() || parts.len() != columns {
            let (table, key) = (self.table.name.clone(), text.to_owned());
            return Err(RowKeyError::Columns { table, key, columns });
        }
        Ok(parts)
    }

    fn encode_error(&self, source: serde_json::Error) -> RowKeyError {
        RowKeyError::Encode { table: self.table.name.clone(), source }
    }

    pub(super) fn fault(&self, fault: std::fmt::Arguments<'_>) -> ProjectionError {
        ProjectionError::new(format!("read model `{}`: {fault}", self.table.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Column, ColumnKind};

    fn keys(columns: &[&str]) -> Keys {
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            kind: ColumnKind::Text,
            nullable: false,
            key: true,
        };
        let columns = columns.iter().map(column).collect();
        Keys::of(ReadModelTable { name: "rows".to_owned(), columns, owned_by_application: false })
    }

    #[track_caller]
    fn object(columns: &[&str], key: impl Serialize) -> String {
        let (keys, mut buffer) = (keys(columns), Vec::new());
        let text = keys.text(&key, &mut buffer).expect("a key");
        keys.object(text).expect("an object").get().to_owned()
    }

    #[test]
    fn a_key_is_an_object_of_its_columns() {
        assert_eq!(object(&["id"], "null"), r#"{"id":"null"}"#);
        assert_eq!(object(&["a \"b\""], 7), r#"{"a \"b\"":7}"#);
        assert_eq!(object(&["id"], ("a", 1)), r#"{"id":["a",1]}"#);
        assert_eq!(object(&["a", "b"], ("x,y", [None::<u8>])), r#"{"a":"x,y","b":[null]}"#);
    }

    #[test]
    fn a_null_in_a_key_is_an_error() {
        let error = |columns: &[&str], key: (&str, Option<u8>)| {
            let single = columns.len() == 1;
            let (keys, mut buffer) = (keys(columns), Vec::new());
            let text = if single { keys.text(&key.1, &mut buffer) } else { keys.text(&key, &mut buffer) };
            text.expect_err("null").to_string()
        };
        assert!(error(&["id"], ("", None)).starts_with("read model `rows`: the key null holds a null"));
        assert!(error(&["a", "b"], ("null", None)).contains(r#"the key ["null",null] holds a null"#));
    }

    #[test]
    fn a_key_of_another_shape_than_the_columns_is_an_error() {
        let keys = keys(&["a", "b"]);
        for text in ["7", "[1]", "[1,2,3]"] {
            let error = keys.object(text).expect_err("refused").to_string();
            assert!(error.contains("is not one value for each of 2 columns"), "{error}");
        }
    }
}
