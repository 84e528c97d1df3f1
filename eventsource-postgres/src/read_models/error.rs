//! What can be wrong with the table of a read model.

use eventsource_core::store::{ReadModelTable, StoreError, TableFault};

use crate::error::table_error;

/// Why rows cannot be kept in a table. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadModelError {
    /// The table is not as the rows need it.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// The type that a field names is none of the server's.
    #[error(
        "the column `{column}` has the type `{wanted}`, which the server does not know; name one of its types"
    )]
    UnknownType {
        /// The column.
        column: String,
        /// The type.
        wanted: String,
    },
    /// A value does not fit its column.
    #[error("a row does not fit the table `{table}`")]
    Value {
        /// The table.
        table: String,
        /// What the server says.
        source: sqlx::Error,
    },
}

/// An error of a statement on rows: data that does not fit (class 22) or violates a constraint (class 23) is the
/// row's fault.
pub(super) fn of_rows(action: &'static str, table: &ReadModelTable, error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    if code.starts_with("22") || code.starts_with("23") {
        let source = ReadModelError::Value { table: table.name.clone(), source: error };
        return StoreError::Backend { action, source: Box::new(source) };
    }
    drop(code);
    table_error(action, error)
}
