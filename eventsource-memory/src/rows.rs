//! The rows of read models, and queries of any rows.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{
    MemoryStore,
    key::RowKey,
    transaction::{MemoryTransaction, backend, decode},
};
use eventsource_core::store::{
    BoxError, Column, GenerationFault, GenerationId, ReadModelStore, ReadModelTable, ReadModelTransaction,
    StoreError,
};

impl MemoryStore {
    /// The rows of a live table, ordered by key: those of a read model, or those that your own projection wrote with
    /// [`MemoryTransaction::put`]. Empty if there is no such table.
    ///
    /// # Errors
    ///
    /// If a row is not a `T`.
    pub fn rows<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>, StoreError> {
        self.live_rows(table).iter().map(|row| decode(row)).collect()
    }

    fn live_rows(&self, table: &str) -> Vec<Box<RawValue>> {
        let contents = self.contents();
        let rows = contents.projections.live_tables(table).and_then(|tables| tables.rows(table));
        rows.map(|rows| rows.values().cloned().collect()).unwrap_or_default()
    }
}

#[async_trait]
impl ReadModelStore for MemoryStore {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        const ACTION: &str = "checking a table";
        let Some(entry) = entry else {
            return Err(backend(ACTION, Box::new(GenerationFault::Gone { generation })));
        };
        match entry.tables.fault(table) {
            None => Ok(()),
            Some(fault) => Err(backend(ACTION, fault.into())),
        }
    }

    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let key = key_of(table, key)?;
        let contents = self.contents();
        let tables = contents.projections.live_tables(&table.name);
        Ok(tables.and_then(|tables| tables.rows(&table.name)?.get(&key)).cloned())
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError> {
        Ok(self.live_rows(&table.name))
    }
}

#[async_trait]
impl ReadModelTransaction for MemoryTransaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Result<(), StoreError> {
        let (generation, table) = (self.entered()?, table.clone());
        self.at_commit(move |contents| {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                entry.tables.set_up(table);
            }
        });
        Ok(())
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError> {
        let mut rows = Vec::new();
        for key in keys {
            rows.extend(self.row(&table.name, &key_of(table, key)?)?);
        }
        Ok(rows)
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError> {
        for row in puts {
            check_nulls(table, row)?;
            self.change(&table.name, key_of(table, row)?, Some(row.clone()))?;
        }
        for key in deletes {
            self.change(&table.name, key_of(table, key)?, None)?;
        }
        Ok(())
    }
}

/// As the columns of a database do.
fn check_nulls(table: &ReadModelTable, row: &RawValue) -> Result<(), StoreError> {
    let failed = |source: BoxError| backend("writing a row", source);
    let values: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(row.get()).map_err(|error| failed(error.into()))?;
    let is_null = |name| values.get(name).is_none_or(|value| value.get() == "null");
    match table.columns.iter().find(|column| !column.nullable && is_null(&column.name)) {
        None => Ok(()),
        Some(Column { name, .. }) => {
            Err(failed(format!("column `{name}` of table `{}` cannot be null", table.name).into()))
        }
    }
}

fn key_of(table: &ReadModelTable, row: &RawValue) -> Result<RowKey, StoreError> {
    RowKey::of(table, row).map_err(|source: BoxError| backend("reading the key of a row", source))
}
