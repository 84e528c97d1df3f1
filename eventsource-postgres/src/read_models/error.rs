//! Errors of the tables and rows of read models.

use eventsource_core::store::{ReadModelTable, StoreError, TableFault};

use crate::error::table_error;

/// Why a table cannot hold the rows of a read model. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadModelError {
    /// The table does not fit the rows.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// A field names a type that the server does not know.
    #[error(
        "the column `{column}` has the type `{wanted}`, which the server does not know; use a type that exists there"
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
        /// The error of the server.
        source: sqlx::Error,
    },
}

/// Converts an error of a statement on rows. Data that does not fit (class 22) or violates a constraint (class 23) is an
/// error of the row.
pub(super) fn of_rows(action: &'static str, table: &ReadModelTable, error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    if code.starts_with("22") || code.starts_with("23") {
        let source = ReadModelError::Value { table: table.name.clone(), source: error };
        return StoreError::Backend { action, source: Box::new(source) };
    }
    drop(code);
    table_error(action, error)
}
