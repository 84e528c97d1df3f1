//! Parked events.

use eventsource_core::store::{
    GenerationId, Lease, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection, StoreError,
};
use eventsource_sql::statement;
use sqlx::Row;

use super::{PgTransaction, leases::without_nul};
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn park(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
    events: &[ParkedEvent],
) -> Result<(), StoreError> {
    let attempts = |event: &ParkedEvent| i64::try_from(event.attempts).unwrap_or(i64::MAX);
    let query = connections
        .query(statement!("../sql/parked.sql", "park"))
        .bind(row::signed(lease.generation.get()))
        .bind(row::partition(lease.partition))
        .bind(events.iter().map(|event| event.key.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| row::signed(event.position.get())).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.stream.category().to_owned()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.stream.id().to_owned()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| row::signed(event.version.get())).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.id.as_uuid()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.event_type.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.error.as_deref().map(without_nul)).collect::<Vec<_>>())
        .bind(events.iter().map(attempts).collect::<Vec<_>>());
    let parked = query.execute(transaction.own()).await;
    parked.map(|_| ()).map_err(|error| store_error("parking events", error))
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
        ParkedSelection::Key(key) if row::contains_nul(key) => return Ok(Vec::new()),
        ParkedSelection::Key(key) => (statement!("../sql/parked.sql", "parked_of_key"), key.clone(), None),
        ParkedSelection::Requested { partition } => {
            (statement!("../sql/parked.sql", "parked_requested"), after_key, Some(row::partition(*partition)))
        }
    };
    connections
        .read("listing parked events", |connection| {
            let mut query = connections
                .query(sql)
                .bind(row::signed(generation.get()))
                .bind(position)
                .bind(key.clone())
                .bind(row::limit(query.limit));
            if let Some(partition) = partition {
                query = query.bind(partition);
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
            let query = connections
                .query(statement!("../sql/parked.sql", "parked_keys"))
                .bind(row::signed(generation.get()))
                .bind(row::partition(partition));
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
    if key.is_some_and(row::contains_nul) {
        return Ok(false);
    }
    let (kind, position, reason) = request.parts();
    let position = position.map(|position| row::signed(position.get()));
    let reason = reason.map(without_nul);
    connections
        .read("requesting a retry or discard of parked events", |connection| {
            let query = match key {
                Some(key) => connections
                    .query(statement!("../sql/parked.sql", "request_parked"))
                    .bind(row::signed(generation.get()))
                    .bind(key.to_owned()),
                None => connections
                    .query(statement!("../sql/parked.sql", "request_all_parked"))
                    .bind(row::signed(generation.get())),
            };
            let query = query.bind(kind).bind(reason.clone()).bind(position);
            Box::pin(async move { query.execute(connection).await.map(|done| done.rows_affected() > 0) })
        })
        .await
}

pub(super) async fn unpark(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
    event: &ParkedEvent,
    outcome: &ParkedOutcome,
) -> Result<(), StoreError> {
    let query = |sql| {
        let query = connections.query(sql).bind(row::signed(lease.generation.get()));
        query.bind(row::signed(event.position.get()))
    };
    let query = match outcome {
        ParkedOutcome::Applied => {
            query(statement!("../sql/parked.sql", "unpark_applied")).bind(event.key.clone())
        }
        ParkedOutcome::Discarded { reason } => query(statement!("../sql/parked.sql", "unpark_discarded"))
            .bind(event.key.clone())
            .bind(without_nul(reason)),
        ParkedOutcome::Failed { error } => query(statement!("../sql/parked.sql", "unpark_failed"))
            .bind(event.key.clone())
            .bind(without_nul(error)),
    };
    let done = query.execute(transaction.own()).await;
    done.map(|_| ()).map_err(|error| store_error("updating a parked event", error))
}
