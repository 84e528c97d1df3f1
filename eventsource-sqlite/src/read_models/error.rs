//! What can be wrong with the table of a read model.

use eventsource_core::store::{ReadModelTable, StoreError, TableFault};

use crate::error::{is_constraint, primary_code, store_error};

/// Why rows cannot be kept in a table. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadModelError {
    /// The table is not as the rows need it.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// The name is one of this crate's or of SQLite's.
    #[error("no read model may be called `{table}`: names that begin so are the store's own; rename it")]
    Reserved {
        /// The table.
        table: String,
    },
    /// A value is not what its column is for.
    #[error("the column `{column}` of the table `{table}` holds `{wanted}`, and this is none: {value}")]
    Unfit {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        wanted: String,
        /// The value, as JSON.
        value: String,
    },
    /// A row does not fit its table.
    #[error("a row does not fit the table `{table}`")]
    Value {
        /// The table.
        table: String,
        /// What SQLite says.
        source: sqlx::Error,
    },
}

/// An error of a statement on rows. A constraint or type that they do not keep to is the row's fault.
pub(super) fn of_rows(action: &'static str, table: &ReadModelTable, error: sqlx::Error) -> StoreError {
    if is_constraint(&error) || primary_code(&error) == Some(MISMATCH) {
        let source = ReadModelError::Value { table: table.name.clone(), source: error };
        return StoreError::Backend { action, source: Box::new(source) };
    }
    store_error(action, error)
}

/// `SQLITE_MISMATCH`.
const MISMATCH: i32 = 20;
