//! The check that the file has what its migrations created: their checksums do not tell whether an index was dropped or a
//! trigger created since.

use std::collections::HashMap;

use eventsource_sql::statement;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::OnceCell;

use super::{MigrationFailure, SchemaError, migrations};
use crate::OpenError;

/// An object of the file.
struct Object {
    kind: String,
    name: String,
    table: String,
    /// The text that created it.
    text: String,
}

/// What the migrations create, by name. SQLite keeps the text of each statement, so a database in memory has the same.
static WANTED: OnceCell<HashMap<String, Object>> = OnceCell::const_new();

pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), MigrationFailure> {
    let wanted = WANTED.get_or_try_init(wanted).await?;
    let found = objects(connection).await?;
    let mut changes: Vec<String> = Vec::new();
    for object in wanted.values().filter(|object| !is_optional(object)) {
        let same = found.iter().any(|found| found.name == object.name && found.text == object.text);
        if !same {
            changes.push(format!("missing or different: {} {}", object.kind, object.name));
        }
    }
    // Other indexes of an operator do no harm. A unique one could refuse events, and a trigger change them.
    for object in found {
        let is_own = wanted.contains_key(&object.name) || !wanted.contains_key(&object.table);
        let is_unique = object.text.to_ascii_lowercase().starts_with("create unique");
        if !is_own && (is_unique || object.kind == "trigger") {
            changes.push(format!("unexpected: {} {}", object.kind, object.name));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    changes.sort();
    Err(MigrationFailure::Open(OpenError::Schema(SchemaError::Changed { changes })))
}

/// Whether an operator may drop the object. What depends on it says so when it is missing.
fn is_optional(object: &Object) -> bool {
    object.name == "eventsource_events_correlation"
}

async fn wanted() -> Result<HashMap<String, Object>, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    sqlx::raw_sql(statement!("../sql/schema.sql", "migrations_table")).execute(&mut connection).await?;
    for migration in migrations() {
        sqlx::raw_sql(migration.sql).execute(&mut connection).await?;
    }
    let objects = objects(&mut connection).await?;
    connection.close().await?;
    Ok(objects.into_iter().map(|object| (object.name.clone(), object)).collect())
}

async fn objects(connection: &mut SqliteConnection) -> Result<Vec<Object>, sqlx::Error> {
    let rows = sqlx::query(statement!("../sql/schema.sql", "schema_texts")).fetch_all(connection).await?;
    let object = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Object {
            kind: row.try_get(0)?,
            name: row.try_get(1)?,
            table: row.try_get(2)?,
            text: row.try_get(3)?,
        })
    };
    rows.iter().map(object).collect()
}
