//! Read models: creating and checking tables, and loading and writing many rows per statement.

mod columns;
mod error;
mod statements;
mod values;

use std::collections::VecDeque;

use async_trait::async_trait;
use eventsource_core::store::{
    Column, GenerationFault, GenerationId, ReadModelStore, ReadModelTable, ReadModelTransaction, StoreError,
};
use eventsource_sql::{quoted, statement};
use serde_json::value::RawValue;
use sqlx::{
    AssertSqlSafe, Connection, Row, SqlStr, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

pub(crate) use columns::columns_of;
pub use error::ReadModelError;

use crate::{
    ProjectionFault, SqliteStore, SqliteTransaction,
    error::store_error,
    projections::{Object, is_reserved, note, prefixed_name, renamed},
    row,
};
use statements::{Statements, chunk};
use values::{Value, values};

const SETTING_UP: &str = "setting up the table of a read model";
const CHECKING: &str = "checking the table of a read model";
const LOADING: &str = "loading rows of a read model";
const WRITING: &str = "writing rows of a read model";

#[async_trait]
impl ReadModelStore for SqliteStore {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Result<(), StoreError> {
        let (mut name, table) = (table.name.clone(), table.clone());
        let checked = self.connections.read(CHECKING, |connection| {
            let query = sqlx::query(statement!("sql/generations.sql", "generation"))
                .bind(row::signed(generation.get()));
            Box::pin(async move {
                // In one snapshot: the generation may become live, and its table be renamed, at any time.
                let mut snapshot = connection.begin().await?;
                let found = query.fetch_optional(&mut *snapshot).await?;
                let state = found.map(|found| found.try_get::<String, _>(1)).transpose()?;
                let checked = match state.as_deref() {
                    None => Err(gone(generation)),
                    Some(state) => {
                        if state != "live" {
                            name = prefixed_name(generation, &name);
                        }
                        columns::check(&mut snapshot, &table, &name).await
                    }
                };
                snapshot.rollback().await?;
                Ok(checked)
            })
        });
        checked.await?
    }

    async fn find_row(
        &self,
        table: &ReadModelTable,
        key: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let key = values(table, table.key_columns(), key).map_err(refused)?;
        let query = bind(Statements::of(table, &table.name).load(1), vec![key]);
        let columns = table.columns.clone();
        let rows = self.connections.read(LOADING, |connection| {
            Box::pin(async move { decode(&columns, &query.fetch_all(connection).await?) })
        });
        Ok(rows.await?.pop())
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Result<Vec<Box<RawValue>>, StoreError> {
        let query = bind(Statements::of(table, &table.name).all(), Vec::new());
        let columns = table.columns.clone();
        let rows = self.connections.scan(LOADING, |connection| {
            Box::pin(async move { decode(&columns, &query.fetch_all(connection).await?) })
        });
        rows.await
    }
}

#[async_trait]
impl ReadModelTransaction for SqliteTransaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Result<(), StoreError> {
        let failed = |error| store_error(SETTING_UP, error);
        if is_reserved(&table.name) {
            return Err(refused(ReadModelError::Reserved { table: table.name.clone() }));
        }
        let name = self.table(&table.name);
        if self.building().is_some() && table.owned_by_application {
            let live = self.live_table(&table.name);
            columns::check(self.own(), table, &live).await?;
            create_like(self.own(), &live, &name).await.map_err(failed)?;
        } else if !table.owned_by_application {
            let create = sqlx::raw_sql(AssertSqlSafe(statements::create(table, &name)));
            create.execute(self.own()).await.map_err(failed)?;
        }
        columns::check(self.own(), table, &name).await?;
        if let Some(generation) = self.made() {
            let object = Object { name: table.name.clone(), view: None };
            note(self.own(), generation, &object).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Result<Vec<Box<RawValue>>, StoreError> {
        let name = self.table(&table.name);
        let statements = Statements::of(table, &name);
        let mut rows = Vec::with_capacity(keys.len());
        let width = table.key_columns().count();
        let mut keys = all_values(LOADING, table, table.key_columns(), keys)?;
        while !keys.is_empty() {
            let some: Vec<_> = keys.drain(..chunk(keys.len(), width)).collect();
            let query = bind(statements.load(some.len()), some);
            let found = query.fetch_all(self.own()).await;
            let found = found.and_then(|found| decode(&table.columns, &found));
            rows.extend(found.map_err(|error| error::of_rows(LOADING, table, error))?);
        }
        Ok(rows)
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Result<(), StoreError> {
        let name = self.table(&table.name);
        let statements = Statements::of(table, &name);
        // Deletes come first: a new row may have the value of a deleted row in another unique column.
        let width = table.key_columns().count();
        let mut keys = all_values(WRITING, table, table.key_columns(), deletes)?;
        while !keys.is_empty() {
            let some: Vec<_> = keys.drain(..chunk(keys.len(), width)).collect();
            let deleted = bind(statements.delete(some.len()), some).execute(self.own()).await;
            deleted.map_err(|error| error::of_rows(WRITING, table, error))?;
        }
        let mut rows = all_values(WRITING, table, table.columns.iter(), puts)?;
        while !rows.is_empty() {
            let some: Vec<_> = rows.drain(..chunk(rows.len(), table.columns.len())).collect();
            let written = bind(statements.put(some.len()), some).execute(self.own()).await;
            written.map_err(|error| error::of_rows(WRITING, table, error))?;
        }
        Ok(())
    }
}

fn gone(generation: GenerationId) -> StoreError {
    let source = Box::new(ProjectionFault::from(GenerationFault::Gone { generation }));
    StoreError::Backend { action: CHECKING, source }
}

fn refused(source: ReadModelError) -> StoreError {
    StoreError::Backend { action: SETTING_UP, source: Box::new(source) }
}

/// The values of many rows or keys, which are consumed from the front.
fn all_values<'a>(
    action: &'static str,
    table: &ReadModelTable,
    columns: impl Iterator<Item = &'a Column>,
    rows: &[Box<RawValue>],
) -> Result<VecDeque<Vec<Value>>, StoreError> {
    let columns: Vec<_> = columns.collect();
    let all = rows.iter().map(|row| values(table, columns.iter().copied(), row)).collect::<Result<_, _>>();
    all.map_err(|source| StoreError::Backend { action, source: Box::new(source) })
}

fn bind(statement: SqlStr, rows: Vec<Vec<Value>>) -> Query<'static, Sqlite, SqliteArguments> {
    rows.into_iter().flatten().fold(sqlx::query(statement), |query, value| value.bind(query))
}

fn decode(columns: &[Column], found: &[SqliteRow]) -> Result<Vec<Box<RawValue>>, sqlx::Error> {
    found.iter().map(|found| values::row(columns, found)).collect()
}

/// Copies the application's table and its indexes, with the statements that created them. Those contain its current
/// name, so the table is renamed meanwhile.
async fn create_like(connection: &mut SqliteConnection, live: &str, name: &str) -> Result<(), sqlx::Error> {
    let table = sqlx::query(statement!("sql/read_models.sql", "schema_object"))
        .bind(live)
        .fetch_one(&mut *connection)
        .await?;
    let table: String = table.try_get(2)?;
    let indexes = sqlx::query(statement!("sql/read_models.sql", "table_indexes")).bind(live);
    let indexes = indexes.fetch_all(&mut *connection).await?;
    let mut statements = vec![statement!("sql/session.sql", "legacy_alter_table_on").to_owned()];
    let rename = |from: &str, to: &str| format!("alter table {} rename to {}", quoted(from), quoted(to));
    let moved = format!("{name}_was");
    statements.push(rename(live, &moved));
    statements.push(table);
    for index in &indexes {
        let called = format!("{name}_{}", index.try_get::<&str, _>(0)?);
        statements.extend(renamed(index.try_get(1)?, &called));
    }
    statements.push(rename(live, name));
    statements.push(rename(&moved, live));
    statements.push(statement!("sql/session.sql", "legacy_alter_table_off").to_owned());
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}
