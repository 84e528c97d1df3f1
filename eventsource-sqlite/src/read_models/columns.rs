//! Checking that a table fits the rows.

use eventsource_core::store::{Column, ColumnKind, ReadModelTable, StoreError, TableFault};
use eventsource_sql::statement;
use sqlx::{Row, SqliteConnection};

use super::{SETTING_UP, refused, statements::type_of};
use crate::error::store_error;

/// A column of the stored table.
pub(crate) struct Found {
    pub(crate) name: String,
    /// Its declared type.
    declared: String,
    not_null: bool,
    has_default: bool,
    /// Its 1-based ordinal in the primary key; 0 if it does not belong to the key.
    pub(crate) key: i64,
    strict: bool,
    without_rowid: bool,
}

/// The columns of a table; none if there is no such table.
pub(crate) async fn columns_of(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<Found>, sqlx::Error> {
    let query = sqlx::query(statement!("../sql/read_models.sql", "columns")).bind(table);
    let rows = query.fetch_all(connection).await?;
    let found = rows.iter().map(|row| {
        Ok(Found {
            name: row.try_get(0)?,
            declared: row.try_get(1)?,
            not_null: row.try_get(2)?,
            has_default: row.try_get(3)?,
            key: row.try_get(4)?,
            strict: row.try_get(5)?,
            without_rowid: row.try_get(6)?,
        })
    });
    found.collect()
}

/// Checks the table that currently has this name.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    table: &ReadModelTable,
    name: &str,
) -> Result<(), StoreError> {
    let failed = |error| store_error(SETTING_UP, error);
    let found = columns_of(connection, name).await.map_err(failed)?;
    let is_unique = is_unique(connection, &found, table, name).await.map_err(failed)?;
    fault(table, &found, is_unique).map_or(Ok(()), |fault| Err(refused(fault.into())))
}

fn fault(table: &ReadModelTable, found: &[Found], is_unique: bool) -> Option<TableFault> {
    let name = || table.name.clone();
    if found.is_empty() {
        return Some(TableFault::NoTable { table: name() });
    }
    if let Some(fault) = table.columns.iter().find_map(|column| column_fault(&table.name, found, column)) {
        return Some(fault);
    }
    let unfilled = |it: &&Found| {
        let known = table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&it.name));
        it.not_null && !it.has_default && !it.is_rowid(found) && !known
    };
    if let Some(unfilled) = found.iter().find(unfilled) {
        return Some(TableFault::Unfilled { table: name(), column: unfilled.name.clone() });
    }
    if !is_unique {
        let key: Vec<_> = table.key_columns().map(|column| column.name.as_str()).collect();
        return Some(TableFault::NoKey { table: name(), key: key.join(", ") });
    }
    None
}

/// Whether the columns of the key are exactly those of the primary key or of a unique index that compares values
/// exactly.
async fn is_unique(
    connection: &mut SqliteConnection,
    found: &[Found],
    table: &ReadModelTable,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let mut wanted: Vec<_> = table.key_columns().map(|column| column.name.to_ascii_lowercase()).collect();
    wanted.sort();
    // The rowid has no index.
    let rowid = found.iter().find(|it| it.is_rowid(found)).map(|it| it.name.to_ascii_lowercase());
    if rowid.is_some_and(|rowid| wanted == [rowid]) {
        return Ok(true);
    }
    let query = sqlx::query(statement!("../sql/read_models.sql", "unique_columns")).bind(name);
    let mut indexes = std::collections::BTreeMap::<String, Vec<Option<String>>>::new();
    for row in query.fetch_all(connection).await? {
        let column: Option<String> = row.try_get(1)?;
        indexes.entry(row.try_get(0)?).or_default().push(column.map(|it| it.to_ascii_lowercase()));
    }
    let wanted: Vec<_> = wanted.into_iter().map(Some).collect();
    Ok(indexes.into_values().any(|mut columns| {
        columns.sort();
        columns == wanted
    }))
}

fn column_fault(table: &str, columns: &[Found], wanted: &Column) -> Option<TableFault> {
    let (table, column) = (table.to_owned(), wanted.name.clone());
    let type_of = || type_of(&wanted.kind).to_owned();
    let Some(found) = columns.iter().find(|found| found.name.eq_ignore_ascii_case(&wanted.name)) else {
        return Some(TableFault::NoColumn { table, column, wanted: type_of() });
    };
    if !found.holds(&wanted.kind) {
        // SQLite stores the type names it knows in capitals, however they were written.
        let declared = match found.declared.to_lowercase() {
            declared if declared.is_empty() => "of no type".to_owned(),
            declared => declared,
        };
        return Some(TableFault::Type { table, column, found: declared, wanted: type_of() });
    }
    let not_null = found.not_null || found.is_rowid(columns);
    if wanted.key && !not_null {
        return Some(TableFault::NullableKey { table, column });
    }
    (wanted.nullable && not_null).then_some(TableFault::NotNull { table, column })
}

/// How SQLite converts values in a column: <https://www.sqlite.org/datatype3.html>.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    /// Values are stored without conversion.
    Any,
    Real,
    Numeric,
}

impl Found {
    fn affinity(&self) -> Affinity {
        let declared = self.declared.to_ascii_uppercase();
        let has = |part: &str| declared.contains(part);
        if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if declared.is_empty() || has("BLOB") || self.strict && declared == "ANY" {
            Affinity::Any
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }

    /// Whether the column is an alias of the rowid, which SQLite fills.
    fn is_rowid(&self, columns: &[Self]) -> bool {
        let primary = columns.iter().filter(|it| it.key > 0).count();
        self.key > 0 && primary == 1 && !self.without_rowid && self.declared.eq_ignore_ascii_case("integer")
    }

    /// Whether every value of the kind can be written, and is read unchanged. A strict table refuses other values; any
    /// other table converts them.
    fn holds(&self, kind: &ColumnKind) -> bool {
        use Affinity::{Any, Integer, Numeric, Real, Text};
        let affinity = self.affinity();
        // A strict column for bytes accepts only bytes.
        if self.strict && self.declared.eq_ignore_ascii_case("blob") {
            return matches!(kind, ColumnKind::Native(name) if name.eq_ignore_ascii_case("blob"));
        }
        match kind {
            ColumnKind::Bool | ColumnKind::Int16 | ColumnKind::Int32 | ColumnKind::Int64 => {
                matches!(affinity, Integer | Numeric | Any)
            }
            ColumnKind::Numeric => affinity == Any || self.strict && affinity == Integer,
            ColumnKind::Float32 | ColumnKind::Float64 => matches!(affinity, Real | Numeric | Any),
            // A text that is not a number stays a text, as with the usual `datetime`.
            ColumnKind::Timestamp => matches!(affinity, Text | Numeric | Any),
            ColumnKind::Native(name) => self.declared.eq_ignore_ascii_case(name),
            // Texts, ids, JSON, and kinds that this version does not know.
            _ => matches!(affinity, Text | Any),
        }
    }
}
