//! Rows of read models, as JSON: what the framework loads and writes for `#[derive(ReadModel)]`.

use async_trait::async_trait;
use serde_json::value::RawValue;

use super::{GenerationId, ProjectionStore};
use crate::store::StoreError;

/// A store that keeps keyed rows.
///
/// What happens within a transaction needs nothing but the transaction: a projection has no store in hand.
#[async_trait]
pub trait ReadModelStore: ProjectionStore {
    /// Makes the table, unless the application owns it; then makes the same table for the transaction's
    /// generation, if that is building. Afterwards it looks whether the table has the columns, of the kinds
    /// that are expected, and is unique by its key.
    ///
    /// # Errors
    ///
    /// An error that names table and column.
    async fn set_up_table(
        transaction: &mut Self::Transaction,
        table: &ReadModelTable,
    ) -> Result<(), StoreError>;

    /// Looks whether the live table is still as it was set up.
    ///
    /// # Errors
    ///
    /// An error that names table and column.
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError>;

    /// The rows with these keys that there are, in any order. A key is a JSON object of the key columns, a row
    /// one of all columns. A row is locked until the transaction ends.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn load_rows(
        transaction: &mut Self::Transaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError>;

    /// Keeps others that call this for the same keys of the same table waiting until the transaction ends.
    /// Called with keys in one order, so that nobody waits in a circle.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn lock_keys(
        transaction: &mut Self::Transaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<(), StoreError>;

    /// Writes rows in place of those with the same key, and deletes those with these keys. No two of them have
    /// the same key.
    ///
    /// # Errors
    ///
    /// If the store cannot be written, or a value does not fit its column.
    async fn write_rows(
        transaction: &mut Self::Transaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError>;

    /// The row with this key in the live table, outside any transaction.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError>;

    /// All rows of the live table, ordered by key.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError>;
}

/// The table of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModelTable {
    /// Its name, which is the projection's too.
    pub name: String,
    /// Its columns, as the fields of the row are declared.
    pub columns: Vec<Column>,
    /// Whether the application makes the table in its own migrations.
    pub owned_by_application: bool,
}

/// A column of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, which is what serde writes the field as.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be null. A JSON `null` is null, in a column of any kind.
    pub nullable: bool,
    /// Whether it belongs to the key.
    pub key: bool,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of 16 bits with a sign.
    Int16,
    /// A whole number of 32 bits with a sign.
    Int32,
    /// A whole number of 64 bits with a sign.
    Int64,
    /// A whole number of any size.
    Numeric,
    /// A number of 32 bits with a fraction.
    Float32,
    /// A number of 64 bits with a fraction.
    Float64,
    /// Any text.
    Text,
    /// A UUID.
    Uuid,
    /// A point in time.
    Timestamp,
    /// Any JSON.
    Json,
    /// The type of this name in the store's own language.
    Native(String),
}

impl ReadModelTable {
    /// The columns of the key, in order.
    pub fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }
}
