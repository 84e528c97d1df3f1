//! Inline generations. `migrations/0003_inline.sql` explains why no event is missed.

use std::collections::BTreeSet;

use eventsource_core::{
    Position, RecordedEvent,
    store::{
        Append, AppendError, GenerationFault, GenerationId, Lease, LogFilter, LogPage, Receipt, StoreError,
    },
};
use eventsource_sql::statement;

use super::{PgTransaction, ProjectionFault, transaction};
use crate::{
    append::{self, Begun},
    connections::Connections,
    error::{is_lock_timeout, store_error},
    log, row,
};

pub(super) async fn begin_promotion(
    connections: &Connections,
    lease: &Lease,
) -> Result<Option<(PgTransaction, Position)>, StoreError> {
    const ACTION: &str = "beginning a promotion";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let hold = connections.query(statement!("../sql/log.sql", "hold_appends"));
    if let Err(error) = hold.execute(transaction.own()).await {
        transaction.fail(&error).await;
        return if is_lock_timeout(&error) { Ok(None) } else { Err(store_error(ACTION, error)) };
    }
    transaction::enter(connections, transaction, lease, ACTION).await
}

/// Reads on the connection that blocks appends: the blocked appends may use all other connections.
pub(super) async fn read_rest(
    connections: &Connections,
    transaction: &mut PgTransaction,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> Result<LogPage, StoreError> {
    let page = log::page(connections, transaction.own(), after, filter, limit).await;
    page.map(|part| part.read).map_err(|error| store_error(log::READING, error))
}

pub(super) async fn promote(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
) -> Result<(), StoreError> {
    const ACTION: &str = "promoting a projection";
    let failed = |error| store_error(ACTION, error);
    let flush = connections.query(statement!("../sql/session.sql", "flush"));
    flush.execute(transaction.own()).await.map_err(failed)?;
    let query = connections
        .query(statement!("../sql/generations.sql", "promote"))
        .bind(row::signed(lease.generation.get()));
    match query.execute(transaction.own()).await.map_err(failed)?.rows_affected() {
        0 => {
            let source = ProjectionFault::from(GenerationFault::NotLive { generation: lease.generation });
            Err(StoreError::Backend { action: ACTION, source: Box::new(source) })
        }
        _ => Ok(()),
    }
}

pub(super) async fn demote(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "demoting a projection";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let done = async {
        connections.query(statement!("../sql/log.sql", "hold_appends")).execute(transaction.own()).await?;
        let demote = connections.query(statement!("../sql/generations.sql", "demote"));
        demote.bind(row::signed(generation.get())).execute(transaction.own()).await
    };
    match done.await {
        Ok(_) => transaction.commit_now(connections).await,
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn begin_append(
    connections: &Connections,
    append: Append,
    inline: &[GenerationId],
) -> Result<(PgTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
    const ACTION: &str = "appending";
    append.validate()?;
    let inline = ascending(inline);
    let Begun { mut transaction, receipts } = append::begin(connections, &append, inline).await?;
    match recorded(connections, &mut transaction, &append, &receipts).await {
        Ok(events) => Ok((transaction, receipts, events)),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error).into())
        }
    }
}

/// Appends within the transaction of a lease.
pub(super) async fn append(
    connections: &Connections,
    transaction: &mut PgTransaction,
    append: &Append,
    inline: &[GenerationId],
) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
    append.validate()?;
    let inline = ascending(inline);
    let receipts = append::within(connections, transaction, append, inline).await?;
    let events = recorded(connections, transaction, append, &receipts).await;
    events.map(|events| (receipts, events)).map_err(|error| store_error("appending", error).into())
}

fn ascending(inline: &[GenerationId]) -> Vec<i64> {
    let inline: BTreeSet<_> = inline.iter().map(|id| row::signed(id.get())).collect();
    inline.into_iter().collect()
}

/// The events of an append as they were recorded; none if it was a repetition.
async fn recorded(
    connections: &Connections,
    transaction: &mut PgTransaction,
    append: &Append,
    receipts: &[Receipt],
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let ids: Vec<_> =
        append.streams.iter().flat_map(|part| &part.events).map(|event| event.id.as_uuid()).collect();
    if ids.is_empty() || receipts.iter().all(|receipt| receipt.repeated) {
        return Ok(Vec::new());
    }
    let query = connections.query(statement!("../sql/events.sql", "events_by_id")).bind(ids);
    row::DECODER.events(&query.fetch_all(transaction.own()).await?)
}
