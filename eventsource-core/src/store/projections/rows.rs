//! Rows of read models, as JSON: what the framework loads and writes for `#[derive(ReadModel)]`.

use async_trait::async_trait;
use serde_json::value::RawValue;

use super::{GenerationId, ProjectionStore, StoreTransaction};
use crate::store::StoreError;

/// A store that keeps keyed rows.
#[async_trait]
pub trait ReadModelStore: ProjectionStore<Transaction: ReadModelTransaction> {
    /// Checks that the table of a generation has the columns that are expected. This MUST be the generation's own
    /// table, whichever state it is in: the columns of the live table are those of another version.
    ///
    /// # Errors
    ///
    /// An error that names table and column, or that says that the generation was abandoned.
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError>;

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

/// A transaction in which rows of read models are loaded and written.
#[async_trait]
pub trait ReadModelTransaction: StoreTransaction {
    /// Creates the table, unless the application owns it; then creates the same table for the transaction's
    /// generation, if that is building. Finally it checks that the table has the expected columns with the expected
    /// types, and that its key is unique.
    ///
    /// # Errors
    ///
    /// An error that names the table and the column.
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Result<(), StoreError>;

    /// The existing rows with these keys, in any order. A key is a JSON object of the key columns, a row is one of
    /// all columns. Each row is locked until the transaction ends.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError>;

    /// Blocks concurrent calls for the same keys of the same table until the transaction ends. Callers pass keys in a
    /// fixed order, so that no deadlock can occur. Without effect in a store with one transaction at a time.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    async fn lock_keys(&mut self, table: &ReadModelTable, keys: &[Box<RawValue>]) -> Result<(), StoreError> {
        let _ = (table, keys);
        Ok(())
    }

    /// Writes rows, which replace those with the same key, and deletes the rows with these keys. No two of them have
    /// the same key.
    ///
    /// The values are in a form that every store keeps: texts and JSON without U+0000, times in UTC and whole
    /// microseconds, UUIDs in lower case, floating-point zeros without a sign, JSON as `jsonb` writes it. Except for
    /// [`ColumnKind::Native`] and tables of the application, a store MUST return values that are read as the same.
    ///
    /// # Errors
    ///
    /// If the store cannot be written, or a value does not fit its column.
    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError>;
}

/// The table of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModelTable {
    /// Its name, which is also the name of the projection.
    pub name: String,
    /// Its columns, in the order of the fields of the row.
    pub columns: Vec<Column>,
    /// Whether the application creates the table in its own migrations.
    pub owned_by_application: bool,
}

/// A column of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, which is the serde name of the field.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether it allows null. A JSON `null` is null in a column of any kind.
    pub nullable: bool,
    /// Whether it belongs to the key.
    pub key: bool,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// `true` or `false`.
    Bool,
    /// A signed 16-bit integer.
    Int16,
    /// A signed 32-bit integer.
    Int32,
    /// A signed 64-bit integer.
    Int64,
    /// An integer of any size.
    Numeric,
    /// A 32-bit floating-point number.
    Float32,
    /// A 64-bit floating-point number.
    Float64,
    /// Any text.
    Text,
    /// A UUID.
    Uuid,
    /// A point in time.
    Timestamp,
    /// Any JSON.
    Json,
    /// The type with this name in the store's own language.
    Native(String),
}

impl ReadModelTable {
    /// The columns of the key, in order.
    pub fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }
}
