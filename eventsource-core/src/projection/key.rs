//! Keys of rows as JSON text, which identifies rows while events are folded.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    ProjectionError,
    row_form::{RowForm, ValueFault},
};
use crate::{
    EventContext,
    json::{has_nul, without_values},
    shown::are_values_shown,
    store::{Escaped, ReadModelTable},
};

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
        "read model `{table}`: the key {} holds a null, and a key is never null: return no key for an event \
         without a row",
        Escaped(key)
    )]
    Null {
        /// The table.
        table: String,
        /// The key as JSON.
        key: String,
    },
    /// The key does not have one value for each key column.
    #[error("read model `{table}`: the key {} is not one value for each of {columns} columns", Escaped(key))]
    Columns {
        /// The table.
        table: String,
        /// The key as JSON.
        key: String,
        /// The number of key columns of the table.
        columns: usize,
    },
    /// A part of the key cannot be stored in its column.
    #[error("read model `{table}`: in the key {}, the column `{column}` {fault}", Escaped(key))]
    Unfit {
        /// The table.
        table: String,
        /// The key as JSON.
        key: String,
        /// The column.
        column: String,
        /// What is wrong with its value.
        fault: String,
    },
}

/// Why an event could not be folded into a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// A key of the event is invalid.
    #[error("cannot fold {event}")]
    Key {
        /// The event.
        event: Box<EventContext>,
        /// What is wrong with the key.
        source: RowKeyError,
    },
    /// The fold returns a row with another key than it was called for.
    #[error(
        "read model `{table}`: for {event}, the fold returns a row with the key {}, but the key of the event is {}: \
         both must be the same",
        Escaped(made),
        Escaped(key)
    )]
    OtherKey {
        /// The table.
        table: String,
        /// The event.
        event: Box<EventContext>,
        /// The key of the event, as JSON.
        key: String,
        /// The key of the row that the fold returns, as JSON.
        made: String,
    },
    /// The fold returns a row that cannot be stored and read back.
    #[error("read model `{table}`: for {event}, the row with the key {} cannot be stored", Escaped(key))]
    Row {
        /// The table.
        table: String,
        /// The event.
        event: Box<EventContext>,
        /// The key, as JSON.
        key: String,
        /// What is wrong with the row.
        source: RowFault,
    },
}

/// Why a row cannot be stored and read back. Rows are folded on from their stored form, so a row that has none is
/// refused at the event that made it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowFault {
    /// Its `Serialize` fails.
    #[error("it cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// What is stored cannot be read. A `NaN`, for example, is written as null.
    #[error("`{path}` cannot be read back from its stored form; {}", hint(source))]
    Decode {
        /// Where in the row, as a JSON path such as `rates[0]`, which begins with the column.
        path: String,
        /// The error of serde.
        source: serde_json::Error,
    },
    /// A column has a value that no store, or not every store, can keep.
    #[error("the column `{column}` {fault}")]
    Value {
        /// The column.
        column: String,
        /// What is wrong with the value.
        fault: String,
    },
    /// The columns of the key keep less than their types write, such as a time without its nanoseconds.
    #[error(
        "it is stored with the key {}, which is not equal: the key has a type that is finer than its column; return \
         a rounded key for the event",
        Escaped(stored)
    )]
    Key {
        /// The key that is stored, as JSON.
        stored: String,
    },
}

fn hint(source: &serde_json::Error) -> &'static str {
    match source.to_string().contains("null") {
        true => {
            "`NaN` and infinite numbers are written as null: return a finite number from `Fold::fold`, or make the \
             type an `Option`"
        }
        false => "fix its type, so that its `Deserialize` accepts what its `Serialize` writes",
    }
}

/// Serializes the keys of one table.
#[derive(Debug)]
pub struct Keys {
    /// The table.
    pub table: ReadModelTable,
    /// The names of the key columns, as JSON texts.
    names: Vec<String>,
    pub(super) form: RowForm,
    /// Whether a key may be written in several ways that are one value of its columns.
    has_form: bool,
}

impl Keys {
    /// For the rows of this table.
    #[must_use]
    pub fn of(table: ReadModelTable) -> Self {
        let name = |name: &str| serde_json::Value::from(name).to_string();
        let names = table.key_columns().map(|column| name(&column.name)).collect();
        let form = RowForm::of(&table);
        let has_form = table.key_columns().any(|column| form.has_rule(&column.name));
        Self { names, form, has_form, table }
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
        let normalized = match self.has_form || has_nul(text) {
            true => self.normalized(text)?,
            false => Cow::Borrowed(text),
        };
        if let Cow::Owned(normalized) = normalized {
            *buffer = normalized.into_bytes();
        }
        Ok(str::from_utf8(buffer).expect("serde_json writes UTF-8"))
    }

    /// The key with each of its values in the form in which they are stored: equal keys have one text. Most keys are
    /// already written in it.
    fn normalized<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, RowKeyError> {
        let parts = self.parts(text)?;
        let mut values = Vec::with_capacity(parts.len());
        for (column, part) in self.table.key_columns().zip(&parts) {
            let unfit = |fault: ValueFault| RowKeyError::Unfit {
                table: self.table.name.clone(),
                key: text.to_owned(),
                column: column.name.clone(),
                fault: fault.to_string(),
            };
            values.push(self.form.value(&column.name, part.get()).map_err(unfit)?);
        }
        if values.iter().zip(&parts).all(|(value, part)| *value == part.get()) {
            return Ok(Cow::Borrowed(text));
        }
        Ok(Cow::Owned(match values.as_slice() {
            [value] => value.clone().into_owned(),
            values => format!("[{}]", values.join(",")),
        }))
    }

    /// The key as a text, for an error.
    pub(super) fn shown(key: &impl Serialize) -> String {
        serde_json::to_string(key).unwrap_or_default()
    }

    /// A key in the form that a store expects.
    #[expect(clippy::missing_errors_doc, reason = "for the engine only")]
    pub fn of_row(&self, key: &impl Serialize) -> Result<Box<RawValue>, RowKeyError> {
        let mut buffer = Vec::new();
        self.object(self.text(key, &mut buffer)?)
    }

    /// The JSON of a key, by which rows are distinguished: equal keys have one text.
    #[expect(clippy::missing_errors_doc, reason = "for the engine only")]
    pub fn text_of(&self, key: &impl Serialize) -> Result<String, RowKeyError> {
        let mut buffer = Vec::with_capacity(64);
        self.text(key, &mut buffer).map(str::to_owned)
    }

    /// The key as an object of the key columns, in the form that a store expects.
    #[expect(clippy::missing_errors_doc, reason = "for the engine only")]
    pub fn object(&self, text: &str) -> Result<Box<RawValue>, RowKeyError> {
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
        RowKeyError::Encode { table: self.table.name.clone(), source: without_values(source) }
    }

    /// The text of the key of a stored row.
    pub(super) fn key_of_row(&self, row: &RawValue) -> Option<String> {
        let values: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row.get()).ok()?;
        let parts = self.table.key_columns().map(|column| values.get(&column.name));
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let text = match parts.as_slice() {
            [part] => part.get().to_owned(),
            parts => serde_json::to_string(parts).ok()?,
        };
        self.normalized(&text).ok().map(Cow::into_owned)
    }

    /// A column that stores a key with less precision than its type would merge two rows into one, and would not
    /// find the row again.
    pub(super) fn unexpected_key(&self, text: &str) -> ProjectionError {
        self.fault(format_args!(
            "the table returned the key {}, which was not queried: its columns do not store keys exactly as they \
             are written",
            Escaped(text)
        ))
    }

    /// The error of a row that the table returned.
    pub(super) fn unreadable(&self, fault: &RowFault, row: &RawValue) -> ProjectionError {
        let cause = std::error::Error::source(fault).map(|cause| format!(": {cause}")).unwrap_or_default();
        let row = if are_values_shown() { format!(": {row}") } else { String::new() };
        self.fault(format_args!("could not deserialize a row of the table: {fault}{cause}{row}"))
    }

    fn fault(&self, fault: std::fmt::Arguments<'_>) -> ProjectionError {
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
