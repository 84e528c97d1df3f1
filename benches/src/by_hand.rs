//! The floors: what one would write with sqlx for this one bank, without a framework. The table has the columns
//! and the indexes of the log, and a schema of its own.

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgExecutor, Row,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use uuid::Uuid;

use eventsource::prelude::*;

use crate::{Account, AccountEvent, Error, Refusal, Teller, bank::Metadata, server::CONNECTIONS};

/// The bank by hand: one transaction per command, with a `select` of the account's events and an `insert`; repeated
/// after a conflict.
#[derive(Debug, Clone)]
pub struct ByHand {
    pool: PgPool,
}

/// The same without a transaction: a `select`, and an `insert … select … from unnest`, each in autocommit mode.
#[derive(Debug, Clone)]
pub struct Autocommit(ByHand);

/// Creates a schema with an empty table like that of the log.
///
/// # Errors
///
/// If the server refuses.
pub async fn create_table(url: &str, schema: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    let create = format!(
        "create schema {schema}; create sequence {schema}.event_position; \
         create table {schema}.events (like eventsource.events including all); \
         alter table {schema}.events alter column position set default nextval('{schema}.event_position'), \
            alter column recorded_at set default clock_timestamp()"
    );
    connection.execute(AssertSqlSafe(create)).await?;
    Ok(connection.close().await?)
}

impl ByHand {
    /// Opens the table of this schema.
    ///
    /// # Errors
    ///
    /// If the URL is invalid.
    pub async fn open(url: &str, schema: &str) -> Result<Self, Error> {
        let server = url.parse::<PgConnectOptions>()?.options([("search_path", schema)]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        Ok(Self {
            pool: pool.acquire_timeout(std::time::Duration::from_secs(60)).connect_with(server).await?,
        })
    }

    /// Creates the checkpoint of [`react`](Self::react).
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn create_checkpoint(&self) -> Result<(), Error> {
        let create = "create table checkpoint (position bigint not null); insert into checkpoint values (0)";
        self.pool.execute(create).await?;
        Ok(())
    }

    /// Appends an event to an account and moves the checkpoint, in one transaction.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn react(&self, account: &str, event: &AccountEvent, position: u64) -> Result<(), Error> {
        let mut transaction = self.pool.begin().await?;
        let version = sqlx::query_scalar(
            "select coalesce(max(version), 0) from events where category = 'account' and stream_id = $1",
        );
        let version = version.bind(account).fetch_one(&mut *transaction).await?;
        insert(&mut transaction, account, version, std::slice::from_ref(event)).await?;
        let moved = sqlx::query("update checkpoint set position = $1").bind(i64::try_from(position)?);
        moved.execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Appends events to an account at this version, in one statement.
    ///
    /// # Errors
    ///
    /// If the account is at another version, or the server refuses.
    pub async fn append(&self, account: &str, version: i64, events: &[AccountEvent]) -> Result<(), Error> {
        Ok(insert_all(&self.pool, account, version, events).await?)
    }
}

impl Teller for ByHand {
    async fn execute<C>(&self, command: C) -> Result<(), Error>
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>,
    {
        let id = command.aggregate_id();
        loop {
            let mut transaction = self.pool.begin().await?;
            let (account, version) = load(&mut *transaction, id).await?;
            let events = account.handle(&command)?;
            match insert(&mut transaction, id, version, &events).await {
                Ok(()) => return Ok(transaction.commit().await?),
                Err(error) if is_taken(&error) => transaction.rollback().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn load(&self, account: &str) -> Result<Account, Error> {
        Ok(load(&self.pool, account).await?.0)
    }
}

impl Autocommit {
    /// Opens the table of this schema.
    ///
    /// # Errors
    ///
    /// If the URL is invalid.
    pub async fn open(url: &str, schema: &str) -> Result<Self, Error> {
        Ok(Self(ByHand::open(url, schema).await?))
    }
}

impl Teller for Autocommit {
    async fn execute<C>(&self, command: C) -> Result<(), Error>
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>,
    {
        let Self(ByHand { pool }) = self;
        let id = command.aggregate_id();
        loop {
            let (account, version) = load(pool, id).await?;
            let events = account.handle(&command)?;
            match insert_all(pool, id, version, &events).await {
                Err(error) if is_taken(&error) => {}
                done => return Ok(done?),
            }
        }
    }

    async fn load(&self, account: &str) -> Result<Account, Error> {
        self.0.load(account).await
    }
}

/// Whether another command has stored an event at this version.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// The account and its version.
async fn load(executor: impl PgExecutor<'_>, account: &str) -> Result<(Account, i64), Error> {
    let query = sqlx::query(
        "select version, event_type, payload::text from events \
         where category = 'account' and stream_id = $1 order by version",
    );
    let mut rows = query.bind(account).fetch(executor);
    let (mut state, mut version) = (Account::default(), 0);
    while let Some(row) = rows.try_next().await? {
        version = row.try_get(0)?;
        state.apply(AccountEvent::decoded(row.try_get(1)?, row.try_get(2)?)?);
    }
    Ok((state, version))
}

async fn insert(
    connection: &mut PgConnection,
    account: &str,
    mut version: i64,
    events: &[AccountEvent],
) -> Result<(), sqlx::Error> {
    for event in events {
        version += 1;
        let (event_type, payload) = event.encoded();
        sqlx::query(
            "insert into events (category, stream_id, version, event_id, event_type, schema_version, payload, \
                                 metadata, correlation_id, causation_id) \
             values ('account', $1, $2, $3, $4, 1, $5::text::json, $6::text::json, $7, $8)",
        )
        .bind(account)
        .bind(version)
        .bind(Uuid::now_v7())
        .bind(event_type)
        .bind(payload)
        .bind(Metadata::of_client().encoded())
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn insert_all(
    executor: impl PgExecutor<'_>,
    account: &str,
    version: i64,
    events: &[AccountEvent],
) -> Result<(), sqlx::Error> {
    let (types, payloads): (Vec<_>, Vec<_>) = events.iter().map(AccountEvent::encoded).unzip();
    sqlx::query(
        "insert into events (category, stream_id, version, event_id, event_type, schema_version, payload, \
                             metadata, correlation_id, causation_id) \
         select 'account', $1, $2 + n, id, type, 1, payload::json, $6::text::json, $7, $8 \
           from unnest($3::uuid[], $4::text[], $5::text[]) with ordinality as new (id, type, payload, n)",
    )
    .bind(account)
    .bind(version)
    .bind(events.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(types)
    .bind(payloads)
    .bind(Metadata::of_client().encoded())
    .bind(Uuid::now_v7())
    .bind(Uuid::now_v7())
    .execute(executor)
    .await?;
    Ok(())
}
