//! What can be wrong with the table of a read model.

use eventsource_core::store::{ReadModelTable, StoreError};

use crate::error::{is_constraint, primary_code, store_error};

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
    /// The name is one of this crate's or of SQLite's.
    #[error("no read model may be called `{table}`: names that begin so are the store's own; rename it")]
    Reserved {
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
        "the column `{column}` of the table `{table}` belongs to the key, but may be null, which SQLite allows in a \
         primary key too; make it `not null`"
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
