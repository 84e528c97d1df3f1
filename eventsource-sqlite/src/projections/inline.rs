//! Inline generations. `append/inline.rs` explains why no event is missed.

use std::sync::Arc;

use super::{ProjectionFault, ProjectionsState, SqliteTransaction, now};
use crate::{
    append::{self, Begun},
    connections::Connections,
    error::store_error,
    log, row,
};
use eventsource_core::{
    Position, RecordedEvent,
    store::{
        Append, AppendError, GenerationFault, GenerationId, Lease, LogFilter, LogPage, Receipt, StoreError,
    },
};
use eventsource_sql::statement;

pub(super) async fn read_rest(
    transaction: &mut SqliteTransaction,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> Result<LogPage, StoreError> {
    let page = log::page(transaction.own(), after, filter, limit).await;
    page.map_err(|error| store_error(log::READING, error))
}

pub(super) async fn promote(transaction: &mut SqliteTransaction, lease: &Lease) -> Result<(), StoreError> {
    const ACTION: &str = "promoting a projection";
    let query = sqlx::query(statement!("../sql/generations.sql", "promote"))
        .bind(row::signed(lease.generation.get()));
    let promoted = query.execute(transaction.own()).await.map_err(|error| store_error(ACTION, error))?;
    match promoted.rows_affected() {
        0 => {
            let source = ProjectionFault::from(GenerationFault::NotLive { generation: lease.generation });
            Err(StoreError::Backend { action: ACTION, source: Box::new(source) })
        }
        _ => Ok(()),
    }
}

pub(super) async fn demote(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "demoting a projection";
    let failed = |error| store_error(ACTION, error);
    let mut writing = connections.begin(ACTION).await?;
    let number = row::signed(generation.get());
    let done = async {
        let connection = writing.connection();
        let end =
            sqlx::query(statement!("../sql/checkpoints.sql", "checkpoints_to_end")).bind(number).bind(now());
        end.execute(&mut *connection).await?;
        sqlx::query(statement!("../sql/generations.sql", "demote")).bind(number).execute(connection).await
    };
    match done.await {
        Ok(_) => writing.commit().await.map_err(failed),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(failed(error))
        }
    }
}

pub(super) async fn begin_append(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    append: Append,
    inline: &[GenerationId],
) -> Result<(SqliteTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
    const ACTION: &str = "appending";
    append.validate()?;
    let Begun { writing, receipts } = append::begin(connections, &append, inline).await?;
    let mut transaction = SqliteTransaction::of(connections, shared, writing, None);
    match recorded(&mut transaction, &append, &receipts).await {
        Ok(events) => Ok((transaction, receipts, events)),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(ACTION, error).into())
        }
    }
}

/// Appends within the transaction of a lease.
pub(super) async fn append(
    transaction: &mut SqliteTransaction,
    append: &Append,
    inline: &[GenerationId],
) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
    const ACTION: &str = "appending";
    append.validate()?;
    transaction.check_open(ACTION).await?;
    let receipts = append::within(transaction.own(), append, inline).await?;
    let events = recorded(transaction, append, &receipts).await;
    events.map(|events| (receipts, events)).map_err(|error| store_error(ACTION, error).into())
}

/// The events of an append as they were recorded; none if it was a repetition.
async fn recorded(
    transaction: &mut SqliteTransaction,
    append: &Append,
    receipts: &[Receipt],
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let ids: Vec<_> = append
        .streams
        .iter()
        .flat_map(|part| &part.events)
        .map(|event| event.id.as_uuid().simple().to_string())
        .collect();
    if ids.is_empty() || receipts.iter().all(|receipt| receipt.repeated) {
        return Ok(Vec::new());
    }
    let query = sqlx::query(statement!("../sql/events.sql", "events_by_id"));
    let rows = query.bind(serde_json::json!(ids).to_string()).fetch_all(transaction.own()).await?;
    let mut events = row::DECODER.events(&rows)?;
    events.sort_by_key(|event| event.context.position);
    Ok(events)
}
