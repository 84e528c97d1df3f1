//! Messages, and what is kept of them. A message is received in the only transaction that writes.

use std::{sync::Arc, time::Duration};

use eventsource_core::{
    Timestamp,
    store::{MessageName, Outcome, StoreError, rules::names},
};
use eventsource_sql::statement;

use super::{ProjectionsState, SqliteTransaction, leases::write, now};
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn begin(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    message: MessageName<'_>,
) -> Result<(SqliteTransaction, Option<Outcome>), StoreError> {
    const ACTION: &str = "receiving a message";
    checked(ACTION, message)?;
    let mut transaction = SqliteTransaction::begin(connections, shared, ACTION).await?;
    let query = sqlx::query(statement!("../sql/outcomes.sql", "outcome"));
    let found = query.bind(message.consumer).bind(message.id).fetch_optional(transaction.own()).await;
    match found.and_then(|row| row.map(|row| row::DECODER.outcome(&row)).transpose()) {
        Ok(outcome) => Ok((transaction, outcome)),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn keep(
    transaction: &mut SqliteTransaction,
    message: MessageName<'_>,
    outcome: &str,
) -> Result<(), StoreError> {
    const ACTION: &str = "keeping an outcome";
    checked(ACTION, message)?;
    transaction.check_open(ACTION).await?;
    let query = sqlx::query(statement!("../sql/outcomes.sql", "keep_outcome"))
        .bind(message.consumer)
        .bind(message.id)
        .bind(outcome)
        .bind(now());
    query.execute(transaction.own()).await.map(drop).map_err(|error| store_error(ACTION, error))
}

pub(super) async fn purge(
    connections: &Connections,
    consumer: &str,
    older_than: Duration,
    limit: usize,
) -> Result<u64, StoreError> {
    let query = sqlx::query(statement!("../sql/outcomes.sql", "purge_outcomes")).bind(consumer);
    write(connections, "purging outcomes", query.bind(before(older_than)).bind(row::limit(limit))).await
}

pub(crate) async fn purge_keys(
    connections: &Connections,
    older_than: Duration,
    limit: usize,
) -> Result<u64, StoreError> {
    let query = sqlx::query(statement!("../sql/outcomes.sql", "purge_keys")).bind(before(older_than));
    write(connections, "purging idempotency keys", query.bind(row::limit(limit))).await
}

fn before(older_than: Duration) -> i64 {
    Timestamp::now().saturating_sub(older_than).as_microsecond()
}

fn checked(action: &'static str, message: MessageName<'_>) -> Result<(), StoreError> {
    let fault = names::check_message(message);
    fault.map_err(|fault| StoreError::Backend { action, source: Box::new(fault) })
}
