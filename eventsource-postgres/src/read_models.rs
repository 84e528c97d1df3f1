//! Read models: creates and checks their tables, and loads and writes rows, one statement per batch.

mod columns;
mod error;
mod statements;

use async_trait::async_trait;
use eventsource_core::store::{
    GenerationFault, GenerationId, ReadModelStore, ReadModelTable, ReadModelTransaction, StoreError,
};
use eventsource_sql::statement;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr, postgres::PgRow};

pub use error::ReadModelError;

use crate::{
    PgTransaction, PostgresStore, ProjectionFault, connections::Connections, error::table_error,
    projections::locked_schema, row,
};
use statements::Statements;

const SETTING_UP: &str = "setting up the table of a read model";
const CHECKING: &str = "checking the table of a read model";
const LOADING: &str = "loading rows of a read model";
const WRITING: &str = "writing rows of a read model";

#[async_trait]
impl ReadModelStore for PostgresStore {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        self.connections.limited(CHECKING, self.check(generation, table)).await
    }

    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let sql = Statements::of(table).find();
        let key = format!("[{}]", key.get());
        let rows = self.connections.fetch(LOADING, table_error, |connection| {
            let query = self.connections.query_of(sql.clone()).bind(key.clone());
            Box::pin(async move { query.fetch_optional(connection).await?.as_ref().map(decode).transpose() })
        });
        rows.await
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError> {
        let sql = Statements::of(table).all();
        let connections = self.connections.for_scans();
        let rows = connections.fetch(LOADING, table_error, |connection| {
            let query = connections.query_of(sql.clone());
            Box::pin(async move { query.fetch_all(connection).await?.iter().map(decode).collect() })
        });
        rows.await
    }
}

#[async_trait]
impl ReadModelTransaction for PgTransaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Result<(), StoreError> {
        let connections = self.connections();
        let called = connections.limited(SETTING_UP, set_up(&connections, self, table)).await;
        self.checked(called)
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError> {
        let connections = self.connections();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let query = connections.query_of(Statements::of(table).load()).bind(array(keys));
        let rows = connections.deadline().statement(query.fetch_all(self.own())).await;
        let rows = rows.and_then(|rows| rows.iter().map(decode).collect());
        self.checked(rows.map_err(|error| error::of_rows(LOADING, table, error)))
    }

    async fn lock_keys(&mut self, table: &ReadModelTable, keys: &[Box<RawValue>]) -> Result<(), StoreError> {
        let connections = self.connections();
        if keys.is_empty() {
            return Ok(());
        }
        let query = connections.query_of(Statements::of(table).lock()).bind(array(keys));
        let locked = query.bind(table.name.clone()).execute(self.own());
        let locked = connections.deadline().statement(locked).await;
        let failed = |error| error::of_rows("locking the keys of a read model", table, error);
        self.checked(locked.map(|_| ()).map_err(failed))
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError> {
        let connections = self.connections();
        let statements = Statements::of(table);
        // Deletes first: a new row may have the value of a deleted row in another unique column.
        for (sql, values) in [(statements.delete(), deletes), (statements.put(), puts)] {
            if !values.is_empty() {
                let query = connections.query_of(sql).bind(array(values));
                let written = connections.deadline().statement(query.execute(self.own())).await;
                self.checked(written.map_err(|error| error::of_rows(WRITING, table, error)))?;
            }
        }
        Ok(())
    }
}

impl PostgresStore {
    async fn check(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        let mut transaction = PgTransaction::begin(&self.connections, CHECKING).await?;
        let own = match locked_schema(&self.connections, &mut transaction, generation).await {
            Ok(own) => own,
            Err(error) => {
                transaction.fail(&error).await;
                return Err(table_error(CHECKING, error));
            }
        };
        let checked = match own {
            Some(own) => columns::check(&self.connections, transaction.own(), Some(&own), table).await,
            None => {
                let source = Box::new(ProjectionFault::from(GenerationFault::Gone { generation }));
                Err(StoreError::Backend { action: CHECKING, source })
            }
        };
        checked.and(transaction.roll_back_now().await)
    }
}

fn decode(found: &PgRow) -> Result<Box<RawValue>, sqlx::Error> {
    RawValue::from_string(found.try_get(0)?).map_err(row::decode_error)
}

/// A JSON array of JSON values.
fn array(values: &[Box<RawValue>]) -> String {
    let mut array =
        String::with_capacity(values.iter().map(|value| value.get().len() + 1).sum::<usize>() + 2);
    array.push('[');
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            array.push(',');
        }
        array.push_str(value.get());
    }
    array.push(']');
    array
}

async fn set_up(
    connections: &Connections,
    transaction: &mut PgTransaction,
    table: &ReadModelTable,
) -> Result<(), StoreError> {
    let failed = |error| table_error(SETTING_UP, error);
    let own = match transaction.generation() {
        None => None,
        Some(generation) => locked_schema(connections, transaction, generation).await.map_err(failed)?,
    };
    let create = match (transaction.building(), table.owned_by_application) {
        (None, true) => None,
        // The application changes the live table, and each generation is a copy of it.
        (Some(generation), true) => {
            let query = connections.query(statement!("sql/generations.sql", "generation"));
            let query = query.bind(row::signed(generation.get()));
            let home = query.fetch_one(transaction.own()).await.and_then(|found| found.try_get(2));
            let home: String = home.map_err(failed)?;
            columns::check(connections, transaction.own(), Some(&home), table).await?;
            Some(statements::create_like(table, &home))
        }
        (_, false) => Some(statements::create(table)),
    };
    if let Some(create) = create {
        let create = AssertSqlSafe(create).into_sql_str();
        transaction.own().execute(create).await.map_err(failed)?;
    }
    columns::check(connections, transaction.own(), own.as_deref(), table).await
}
