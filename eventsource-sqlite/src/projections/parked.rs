//! Events that are parked.

use eventsource_core::store::{
    GenerationId, Lease, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection, StoreError,
};
use eventsource_sql::statement;
use sqlx::Row;

use super::{SqliteTransaction, leases::write, now};
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn park(
    transaction: &mut SqliteTransaction,
    lease: &Lease,
    events: &[ParkedEvent],
) -> Result<(), StoreError> {
    const ACTION: &str = "parking events";
    let now = now();
    for event in events {
        let query = sqlx::query(statement!("../sql/parked.sql", "park"))
            .bind(row::signed(lease.generation.get()))
            .bind(i64::from(lease.partition))
            .bind(&event.key)
            .bind(row::signed(event.position.get()))
            .bind(event.stream.category())
            .bind(event.stream.id())
            .bind(row::signed(event.version.get()))
            .bind(event.id.as_uuid())
            .bind(&event.event_type)
            .bind(event.error.as_deref())
            .bind(i64::try_from(event.attempts).unwrap_or(i64::MAX))
            .bind(now);
        query.execute(transaction.own()).await.map_err(|error| store_error(ACTION, error))?;
    }
    Ok(())
}

pub(super) async fn list(
    connections: &Connections,
    generation: GenerationId,
    query: &ParkedQuery,
) -> Result<Vec<ParkedEvent>, StoreError> {
    let after = query.after.as_ref();
    let position = after.map_or(-1, |cursor| row::signed(cursor.position.get()));
    let after_key = after.map(|cursor| cursor.key.clone()).unwrap_or_default();
    let (sql, key, partition) = match &query.selection {
        ParkedSelection::All => (statement!("../sql/parked.sql", "parked"), after_key, None),
        ParkedSelection::Key(key) => (statement!("../sql/parked.sql", "parked_of_key"), key.clone(), None),
        ParkedSelection::Requested { partition } => {
            (statement!("../sql/parked.sql", "parked_requested"), after_key, Some(*partition))
        }
    };
    let limit = row::limit(query.limit);
    connections
        .read("listing parked events", |connection| {
            let mut query =
                sqlx::query(sql).bind(row::signed(generation.get())).bind(position).bind(key).bind(limit);
            if let Some(partition) = partition {
                query = query.bind(i64::from(partition));
            }
            Box::pin(async move {
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row::DECODER.parked(row)).collect()
            })
        })
        .await
}

pub(super) async fn keys(
    connections: &Connections,
    generation: GenerationId,
    partition: u32,
) -> Result<Vec<String>, StoreError> {
    connections
        .read("listing parked keys", |connection| {
            let query = sqlx::query(statement!("../sql/parked.sql", "parked_keys"))
                .bind(row::signed(generation.get()))
                .bind(i64::from(partition));
            Box::pin(async move {
                query.fetch_all(connection).await?.iter().map(|found| found.try_get(0)).collect()
            })
        })
        .await
}

pub(super) async fn request(
    connections: &Connections,
    generation: GenerationId,
    key: Option<&str>,
    request: &ParkedRequest,
) -> Result<bool, StoreError> {
    let (kind, position, reason) = request.parts();
    let position = position.map(|position| row::signed(position.get()));
    let generation = row::signed(generation.get());
    let query = match key {
        Some(key) => sqlx::query(statement!("../sql/parked.sql", "request_parked"))
            .bind(generation)
            .bind(key.to_owned()),
        None => sqlx::query(statement!("../sql/parked.sql", "request_all_parked")).bind(generation),
    };
    let query = query.bind(kind).bind(reason).bind(position);
    write(connections, "requesting a retry or discard of parked events", query)
        .await
        .map(|changed| changed > 0)
}

pub(super) async fn unpark(
    transaction: &mut SqliteTransaction,
    lease: &Lease,
    event: &ParkedEvent,
    outcome: &ParkedOutcome,
) -> Result<(), StoreError> {
    let query = |sql| {
        let query = sqlx::query(sql).bind(row::signed(lease.generation.get()));
        query.bind(row::signed(event.position.get())).bind(&event.key)
    };
    let query = match outcome {
        ParkedOutcome::Applied => query(statement!("../sql/parked.sql", "unpark_applied")),
        ParkedOutcome::Discarded { reason } => {
            query(statement!("../sql/parked.sql", "unpark_discarded")).bind(reason).bind(now())
        }
        ParkedOutcome::Failed { error } => {
            query(statement!("../sql/parked.sql", "unpark_failed")).bind(error)
        }
    };
    let done = query.execute(transaction.own()).await;
    done.map(|_| ()).map_err(|error| store_error("updating a parked event", error))
}
