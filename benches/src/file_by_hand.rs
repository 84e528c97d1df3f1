//! The floor of the SQLite store: what one would write with sqlx for one table in a file, without a framework.

use std::{path::Path, time::Duration};

use sqlx::{
    Executor, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::{AccountEvent, Error, bank::Metadata};

/// A table like that of the log, in the same file, and the one connection that writes it.
#[derive(Debug, Clone)]
pub struct FileByHand {
    pool: SqlitePool,
}

impl FileByHand {
    /// Makes the table in this file, which a store has made.
    ///
    /// # Errors
    ///
    /// If SQLite refuses.
    pub async fn create(path: &Path) -> Result<Self, Error> {
        let file = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(60));
        // More connections would only wait for each other, and some in vain.
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(60));
        let pool = pool.connect_with(file).await?;
        let table: String =
            sqlx::query_scalar("select sql from sqlite_schema where name = 'eventsource_events'")
                .fetch_one(&pool)
                .await?;
        let table = table.replacen("eventsource_events", "by_hand", 1);
        let create = format!(
            "{table}; \
             create unique index by_hand_stream on by_hand (category, stream_id, version); \
             create unique index by_hand_event_id on by_hand (event_id)"
        );
        pool.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(create))).await?;
        Ok(Self { pool })
    }

    /// Appends one event to an account at this version, in a transaction of its own.
    ///
    /// # Errors
    ///
    /// If the account is at another version, or SQLite refuses.
    pub async fn append(&self, account: &str, version: i64, event: &AccountEvent) -> Result<(), Error> {
        let (event_type, payload) = event.encoded();
        sqlx::query(
            "insert into by_hand (category, stream_id, version, event_id, event_type, schema_version, payload, \
                                  metadata, correlation_id, causation_id, recorded_at) \
             values ('account', ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
        )
        .bind(account)
        .bind(version + 1)
        .bind(Uuid::now_v7())
        .bind(event_type)
        .bind(payload)
        .bind(Metadata::of_client().encoded())
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .bind(eventsource::Timestamp::now().as_microsecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many events are in the table by hand, and how many in the log of the store.
    ///
    /// # Errors
    ///
    /// If SQLite refuses.
    pub async fn counts(&self) -> Result<[u64; 2], Error> {
        let query = "select (select count(*) from by_hand), (select count(*) from eventsource_events)";
        let (by_hand, store): (i64, i64) = sqlx::query_as(query).fetch_one(&self.pool).await?;
        Ok([u64::try_from(by_hand)?, u64::try_from(store)?])
    }
}
