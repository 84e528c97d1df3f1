//! What can be wrong with the table of a read model.

use eventsource_core::store::{ReadModelTable, StoreError};

use crate::error::table_error;

/// Why rows cannot be kept in a table. The source of a
/// [`StoreError`](eventsource_core::store::StoreError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadModelError {
    /// There is no such table.
    #[error("there is no table `{table}`; make it in your migrations, before the projection starts")]
    NoTable {
        /// The table.
        table: String,
    },
    /// A field of the row has no column.
    #[error("the table `{table}` has no column `{column}`; add it as `{wanted}`, or take the field away")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        wanted: String,
    },
    /// A column cannot hold what its field holds, or not give it back.
    #[error(
        "the column `{column}` of the table `{table}` is `{found}`, which cannot hold every `{wanted}`; change it, \
         or rename the read model's table and raise its version"
    )]
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type it has.
        found: String,
        /// The type that fits.
        wanted: String,
    },
    /// A column that no field fills must be filled.
    #[error(
        "the column `{column}` of the table `{table}` may not be null and has no default, and the row has no such \
         field; give the column a default, or the row the field"
    )]
    Unfilled {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An optional field has a column that may not be null.
    #[error(
        "the column `{column}` of the table `{table}` may not be null, but the field is optional; drop `not null`, \
         or make the field required"
    )]
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column of the key may be null.
    #[error(
        "the column `{column}` of the table `{table}` belongs to the key, but may be null; make it `not null`"
    )]
    NullableKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The key does not tell rows apart.
    #[error("the table `{table}` has no primary key and no unique constraint on exactly ({key}); add one")]
    NoKey {
        /// The table.
        table: String,
        /// The columns of the key.
        key: String,
    },
    /// The table has what a rebuild could not make again.
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
