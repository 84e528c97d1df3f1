//! Messages, each received by one transaction at a time, and what is kept of them.

use std::time::Duration;

use eventsource_core::store::{MessageName, Outcome, StoreError, rules::names};
use eventsource_sql::statement;
use sqlx::Row;

use super::PgTransaction;
use crate::{connections::Connections, encode::Json, error::store_error, row};

const RECEIVING: &str = "receiving a message";

/// Those that wait for the same message need permits, so that they leave connections to the one that has it.
pub(super) async fn begin(
    connections: &Connections,
    message: MessageName<'_>,
) -> Result<(PgTransaction, Option<Outcome>), StoreError> {
    checked(RECEIVING, message)?;
    let (mut permit, deadline) = (None, connections.deadline());
    loop {
        let mut transaction = PgTransaction::begin(connections, RECEIVING).await?;
        match lock(connections, &mut transaction, message, permit.is_some()).await {
            Ok(true) => return found(connections, transaction, message).await,
            Ok(false) => transaction.roll_back_now().await?,
            Err(error) => {
                transaction.fail(&error).await;
                return Err(store_error(RECEIVING, error));
            }
        }
        permit =
            connections.wait_for_lock_permit(deadline).await.map_err(|timed_out| timed_out.of(RECEIVING))?;
    }
}

/// Locks the message for the transaction. If it may not wait, another transaction may have the message.
async fn lock(
    connections: &Connections,
    transaction: &mut PgTransaction,
    message: MessageName<'_>,
    may_wait: bool,
) -> Result<bool, sqlx::Error> {
    let sql = match may_wait {
        true => statement!("../sql/outcomes.sql", "lock_message"),
        false => statement!("../sql/outcomes.sql", "try_lock_message"),
    };
    let lock = connections.query(sql).bind(message.consumer.to_owned()).bind(message.id.to_owned());
    let locked = lock.fetch_one(transaction.own()).await?;
    if may_wait { Ok(true) } else { locked.try_get(0) }
}

async fn found(
    connections: &Connections,
    mut transaction: PgTransaction,
    message: MessageName<'_>,
) -> Result<(PgTransaction, Option<Outcome>), StoreError> {
    let query = connections
        .query(statement!("../sql/outcomes.sql", "outcome"))
        .bind(message.consumer.to_owned())
        .bind(message.id.to_owned());
    let found = query.fetch_optional(transaction.own()).await;
    match found.and_then(|row| row.map(|row| row::DECODER.outcome(&row)).transpose()) {
        Ok(outcome) => Ok((transaction, outcome)),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(RECEIVING, error))
        }
    }
}

pub(super) async fn keep(
    connections: &Connections,
    transaction: &mut PgTransaction,
    message: MessageName<'_>,
    outcome: &str,
) -> Result<(), StoreError> {
    const ACTION: &str = "keeping an outcome";
    checked(ACTION, message)?;
    let query = connections
        .query(statement!("../sql/outcomes.sql", "keep_outcome"))
        .bind(message.consumer.to_owned())
        .bind(message.id.to_owned())
        .bind(Json(outcome.to_owned().into()));
    query.execute(transaction.own()).await.map(|_| ()).map_err(|error| store_error(ACTION, error))
}

pub(super) async fn purge(
    connections: &Connections,
    consumer: &str,
    older_than: Duration,
    limit: usize,
) -> Result<u64, StoreError> {
    if row::contains_nul(consumer) {
        return Ok(0);
    }
    connections
        .read("purging outcomes", |connection| {
            let query = connections
                .query(statement!("../sql/outcomes.sql", "purge_outcomes"))
                .bind(consumer.to_owned())
                .bind(row::age(older_than))
                .bind(row::limit(limit));
            Box::pin(async move { Ok(query.execute(connection).await?.rows_affected()) })
        })
        .await
}

pub(crate) async fn purge_keys(
    connections: &Connections,
    older_than: Duration,
    limit: usize,
) -> Result<u64, StoreError> {
    connections
        .read("purging idempotency keys", |connection| {
            let query = connections
                .query(statement!("../sql/outcomes.sql", "purge_keys"))
                .bind(row::age(older_than))
                .bind(row::limit(limit));
            Box::pin(async move { row::unsigned(&query.fetch_one(connection).await?, 0) })
        })
        .await
}

fn checked(action: &'static str, message: MessageName<'_>) -> Result<(), StoreError> {
    let fault = names::check_message(message);
    fault.map_err(|fault| StoreError::Backend { action, source: Box::new(fault) })
}
