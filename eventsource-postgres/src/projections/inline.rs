//! Inline generations. `migrations/0003_inline.sql` explains why no event is missed.

use std::collections::HashSet;

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
    let inline = inline.iter().map(|id| row::signed(id.get())).collect::<HashSet<_>>();
    let mut inline: Vec<_> = inline.into_iter().collect();
    inline.sort_unstable();
    let Begun { mut transaction, receipts } = append::begin(connections, &append, inline).await?;
    let ids: Vec<_> =
        append.streams.iter().flat_map(|part| &part.events).map(|event| event.id.as_uuid()).collect();
    if ids.is_empty() || receipts.iter().all(|receipt| receipt.repeated) {
        return Ok((transaction, receipts, Vec::new()));
    }
    let query = connections.query(statement!("../sql/events.sql", "events_by_id")).bind(ids);
    let events = query.fetch_all(transaction.own()).await;
    let events = events.and_then(|rows| row::DECODER.events(&rows));
    match events {
        Ok(events) => Ok((transaction, receipts, events)),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error).into())
        }
    }
}
