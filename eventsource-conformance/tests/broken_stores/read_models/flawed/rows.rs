//! The rows of read models, as the flaw keeps them.

use std::sync::Arc;

use async_trait::async_trait;
use eventsource::store::{GenerationId, ReadModelStore, ReadModelTable, ReadModelTransaction};
use serde_json::value::RawValue;

use super::{Flawed, FlawedTransaction};
use crate::broken::Asked;

#[async_trait]
impl ReadModelStore for Flawed {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Asked<()> {
        self.flaw.check_table(&self.store, generation, table).await
    }

    async fn find_row(&self, table: &ReadModelTable, key: &RawValue) -> Asked<Option<Box<RawValue>>> {
        self.flaw.find_row(&self.store, table, key).await
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        self.flaw.all_rows(&self.store, table).await
    }
}

#[async_trait]
impl ReadModelTransaction for FlawedTransaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.set_up_table(&store, &mut self.transaction, table).await
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Asked<Vec<Box<RawValue>>> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.load_rows(&store, &mut self.transaction, table, keys).await
    }

    async fn lock_keys(&mut self, table: &ReadModelTable, keys: &[Box<RawValue>]) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.lock_keys(&store, &mut self.transaction, table, keys).await
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        let (flaw, store) = (Arc::clone(&self.flaw), Arc::clone(&self.store));
        flaw.write_rows(&store, &mut self.transaction, table, puts, deletes).await
    }
}
