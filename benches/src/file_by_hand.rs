//! The floor of the SQLite store: what one would write with sqlx for one table in a file, without a framework.

use std::{path::Path, time::Duration};

use eventsource::prelude::*;
use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Executor, Row, Sqlite, SqliteExecutor, SqlitePool,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::{Account, AccountEvent, Decoded, Error, Fill, Refusal, Teller, bank::Metadata};

/// A table like that of the log, in the same file, with one connection.
#[derive(Debug, Clone)]
pub struct FileByHand {
    pool: SqlitePool,
}

impl FileByHand {
    /// Creates the table in this file, which a store has created.
    ///
    /// # Errors
    ///
    /// If SQLite refuses.
    pub async fn create(path: &Path) -> Result<Self, Error> {
        let file = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(60));
        // More connections would only wait for each other, and some would time out.
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
        pool.execute(sqlx::raw_sql(AssertSqlSafe(create))).await?;
        Ok(Self { pool })
    }

    /// Copies these accounts from the log of the store into the table.
    ///
    /// # Errors
    ///
    /// If SQLite refuses.
    pub async fn copy_log(&self, accounts: &Fill) -> Result<(), Error> {
        let columns = "category, stream_id, version, event_id, event_type, schema_version, payload, metadata, \
                       correlation_id, causation_id, recorded_at";
        let copy = format!(
            "insert into by_hand ({columns}) select {columns} from eventsource_events \
             where substr(stream_id, 1, length(?1)) = ?1 order by position"
        );
        sqlx::query(AssertSqlSafe(copy)).bind(&accounts.prefix).execute(&self.pool).await?;
        Ok(())
    }

    /// Appends one event to an account at this version, in a transaction of its own.
    ///
    /// # Errors
    ///
    /// If the account is at another version, or SQLite refuses.
    pub async fn append(&self, account: &str, version: i64, event: &AccountEvent) -> Result<(), Error> {
        insert(account, version, event).execute(&self.pool).await?;
        Ok(())
    }

    /// Reads and decodes the log of the store, and returns the number of events.
    ///
    /// # Errors
    ///
    /// If an event cannot be decoded, or SQLite refuses.
    pub async fn read_all<P: Decoded>(&self) -> Result<u64, Error> {
        let query = sqlx::query(
            "select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata, \
                    correlation_id, causation_id, recorded_at from eventsource_events order by position",
        );
        let mut rows = query.fetch(&self.pool);
        let mut read = 0;
        while let Some(row) = rows.try_next().await? {
            let _: (i64, &str, &str, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let _: (Uuid, i64, &str) = (row.try_get(4)?, row.try_get(6)?, row.try_get(8)?);
            let _: (Option<Uuid>, Option<Uuid>, i64) = (row.try_get(9)?, row.try_get(10)?, row.try_get(11)?);
            P::decode(row.try_get(5)?, row.try_get(7)?)?;
            read += 1;
        }
        Ok(read)
    }

    /// For each of these accounts in this table: the number of events, the last version, the number of orders after the
    /// prepared events, and the sum of the order numbers.
    ///
    /// # Errors
    ///
    /// If SQLite refuses.
    pub async fn orders(&self, table: &str, accounts: &Fill) -> Result<Vec<(String, [i64; 4])>, Error> {
        let before = accounts.events;
        let query = format!(
            "select stream_id, count(*), max(version), \
                    count(distinct payload->>'reference') filter (where version > {before}), \
                    coalesce(sum(payload->>'reference') filter (where version > {before}), 0) \
               from {table} where substr(stream_id, 1, length(?1)) = ?1 group by stream_id"
        );
        let query = sqlx::query(AssertSqlSafe(query)).bind(&accounts.prefix);
        let rows = query.fetch_all(&self.pool).await?;
        let found = rows.iter().map(|row| {
            Ok((row.try_get(0)?, [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?]))
        });
        Ok(found.collect::<Result<_, sqlx::Error>>()?)
    }

    /// The number of events in the table by hand, and in the log of the store.
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

/// A transaction per command. There is one connection, so there are no conflicts.
impl Teller for FileByHand {
    async fn execute<C>(&self, command: C) -> Result<(), Error>
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>,
    {
        let id = command.aggregate_id();
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (account, version) = load(&mut *transaction, id).await?;
        for (event, version) in account.handle(&command)?.iter().zip(version..) {
            insert(id, version, event).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn load(&self, account: &str) -> Result<Account, Error> {
        Ok(load(&self.pool, account).await?.0)
    }
}

/// The account and its version.
async fn load(executor: impl SqliteExecutor<'_>, account: &str) -> Result<(Account, i64), Error> {
    let query = sqlx::query(
        "select version, event_type, payload from by_hand where category = 'account' and stream_id = ? \
         order by version",
    );
    let mut rows = query.bind(account).fetch(executor);
    let (mut state, mut version) = (Account::default(), 0);
    while let Some(row) = rows.try_next().await? {
        version = row.try_get(0)?;
        state.apply(AccountEvent::decoded(row.try_get(1)?, row.try_get(2)?)?);
    }
    Ok((state, version))
}

fn insert<'q>(account: &'q str, version: i64, event: &AccountEvent) -> Query<'q, Sqlite, SqliteArguments> {
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
    .bind(Timestamp::now().as_microsecond())
}
