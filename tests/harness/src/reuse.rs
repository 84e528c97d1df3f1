//! Databases that are emptied and used again, on servers that are thrown away.
//!
//! To create a database copies some hundred files, and to drop it makes the server write a checkpoint: together more
//! than most tests take. To drop what a test has created takes a tenth of that.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::ports::random;
use crate::settings::THROWN_AWAY;

const CLEAN: &str = include_str!("clean.sql");

/// A new name for a database.
pub(crate) fn new_name() -> String {
    format!("eventsource_test_{:016x}", random())
}

/// An empty database: one that another test has used, or a new one.
pub(crate) async fn claim(maintenance: &mut PgConnection) -> Result<String, sqlx::Error> {
    if keeps_databases(maintenance).await? {
        create_list(maintenance).await?;
        let free: Option<String> = sqlx::query_scalar(
            "update test_databases set free = false where name = \
             (select name from test_databases where free limit 1 for update skip locked) returning name",
        )
        .fetch_optional(&mut *maintenance)
        .await?;
        if let Some(name) = free {
            return Ok(name);
        }
    }
    let name = new_name();
    create(maintenance, &name).await?;
    Ok(name)
}

/// Creates a database of this name.
async fn create(maintenance: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    // From template0, which does not allow connections: with template1 a stray session fails the statement.
    let create = format!("create database {name} template template0");
    maintenance.execute(AssertSqlSafe(create)).await.map(|_| ())
}

/// Empties the database for the next test; drops it if that is not possible, or on a server of the user's.
pub(crate) async fn release(
    maintenance: &mut PgConnection,
    name: &str,
    database: &str,
) -> Result<(), sqlx::Error> {
    if keeps_databases(maintenance).await? && empty(database).await.is_ok() {
        create_list(maintenance).await?;
        sqlx::query(
            "insert into test_databases (name, free) values ($1, true) on conflict (name) do update set free = true",
        )
        .bind(name)
        .execute(maintenance)
        .await?;
        return Ok(());
    }
    let drop = format!("drop database if exists {name} with (force)");
    maintenance.execute(AssertSqlSafe(drop)).await.map(|_| ())
}

async fn empty(database: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(database).await?;
    connection.execute(CLEAN).await?;
    connection.close().await
}

async fn keeps_databases(maintenance: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let set: Option<String> = sqlx::query_scalar("select current_setting($1, true)")
        .bind(THROWN_AWAY)
        .fetch_one(maintenance)
        .await?;
    Ok(set.as_deref() == Some("on"))
}

async fn create_list(maintenance: &mut PgConnection) -> Result<(), sqlx::Error> {
    let exists: bool = sqlx::query_scalar("select to_regclass('test_databases') is not null")
        .fetch_one(&mut *maintenance)
        .await?;
    if exists {
        return Ok(());
    }
    // Of two that create it at once, one fails although it says "if not exists".
    maintenance
        .execute(
            "begin; select pg_advisory_xact_lock(1);
             create table if not exists test_databases (name text primary key, free boolean not null); commit",
        )
        .await
        .map(|_| ())
}
