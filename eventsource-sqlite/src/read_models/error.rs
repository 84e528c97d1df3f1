//! Errors of the table of a read model.

use eventsource_core::store::{ReadModelTable, StoreError, TableFault};

use crate::error::{is_constraint, primary_code, store_error};

/// Why rows cannot be stored in a table. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadModelError {
    /// The table does not fit the rows.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// The name is reserved for this crate or SQLite.
    #[error("a read model cannot be called `{table}`: names with this prefix are the store's own; rename it")]
    Reserved {
        /// The table.
        table: String,
    },
    /// A value does not fit the type of its column.
    #[error("{value} is not a valid `{wanted}` for the column `{column}` of the table `{table}`")]
    Unfit {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        wanted: String,
        /// The value as JSON, if the program shows
        /// [values in errors](eventsource_core::show_values_in_errors).
        value: String,
    },
    /// A row does not fit its table.
    #[error("a row does not fit the table `{table}`")]
    Value {
        /// The table.
        table: String,
        /// The error of SQLite.
        source: sqlx::Error,
    },
}

/// Converts the error of a statement on rows. A violated constraint or type is a fault of the row.
pub(super) fn of_rows(action: &'static str, table: &ReadModelTable, error: sqlx::Error) -> StoreError {
    if is_constraint(&error) || primary_code(&error) == Some(MISMATCH) {
        let source = ReadModelError::Value { table: table.name.clone(), source: error };
        return StoreError::Backend { action, source: Box::new(source) };
    }
    store_error(action, error)
}

/// `SQLITE_MISMATCH`.
const MISMATCH: i32 = 20;
