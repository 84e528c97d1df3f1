//! Reading the log of all streams, up to the horizon.
//!
//! There is one writer at a time, and its positions continue from the last one: so the log is final up to the last
//! committed event. That position is read first, and the events in a later statement.

use eventsource_core::{
    EventContext, Position,
    store::{LogFilter, LogPage, StoreError, StoredType},
};
use eventsource_sql::statement;
use futures_core::future::BoxFuture;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{connections::Connections, row};

pub(crate) const READING: &str = "reading the log";

pub(crate) async fn read(
    connections: &Connections,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> Result<LogPage, StoreError> {
    connections.read(READING, |connection| page(connection, after, filter, limit)).await
}

/// Within a transaction it also sees the writes of that transaction.
pub(crate) fn page<'c>(
    connection: &'c mut SqliteConnection,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> BoxFuture<'c, Result<LogPage, sqlx::Error>> {
    let storable = |texts: &Vec<String>| {
        let texts: Vec<_> = texts.iter().filter(|text| !row::contains_nul(text)).collect();
        serde_json::json!(texts).to_string()
    };
    let selected = filter.event_types.as_ref().map(|names| (storable(names), storable(&filter.categories)));
    Box::pin(async move {
        let horizon = sqlx::query(statement!("sql/log.sql", "horizon")).fetch_one(&mut *connection).await?;
        let horizon = Position::new(row::unsigned(&horizon, 0)?).max(after);
        let events = match &selected {
            None => sqlx::query(statement!("sql/log.sql", "read_log")),
            Some(_) => sqlx::query(statement!("sql/log.sql", "read_log_selected")),
        };
        let mut query =
            events.bind(row::signed(after.get())).bind(row::signed(horizon.get())).bind(row::limit(limit));
        if let Some((names, categories)) = selected {
            query = query.bind(names).bind(categories);
        }
        row::DECODER.read_page(query.fetch(connection), after, horizon, limit).await
    })
}

const CORRELATED: &str = "reading a correlation";
/// What an operator does about an index that was dropped.
const CREATE_INDEX: &str = "create index eventsource_events_correlation on eventsource_events (correlation_id) where \
                            correlation_id is not null";

/// The events of a correlation.
pub(crate) async fn correlated(
    connections: &Connections,
    correlation: Uuid,
    after: Position,
    limit: usize,
) -> Result<Vec<EventContext>, StoreError> {
    let rows = connections.read(CORRELATED, |connection| {
        let index = sqlx::query(statement!("sql/log.sql", "correlation_index"));
        let query = sqlx::query(statement!("sql/log.sql", "read_correlated"))
            .bind(correlation)
            .bind(row::signed(after.get()))
            .bind(row::limit(limit));
        Box::pin(async move {
            if index.fetch_optional(&mut *connection).await?.is_none() {
                return Ok(None);
            }
            row::DECODER.read_events(query.fetch(connection)).await.map(Some)
        })
    });
    let missing = StoreError::MissingIndex { action: CORRELATED, create: CREATE_INDEX };
    let events = rows.await?.ok_or(missing)?;
    Ok(events.into_iter().map(|event| event.context).collect())
}

/// Counts events by category, type and version, with up to `samples` events of each, chosen at random.
pub(crate) async fn stored_types(
    connections: &Connections,
    samples: usize,
) -> Result<Vec<StoredType>, StoreError> {
    let groups = i64::try_from(samples.clamp(1, 1024)).unwrap_or(1024);
    connections
        .scan("counting event types", |connection| {
            let types = sqlx::query(statement!("sql/log.sql", "stored_types")).bind(groups);
            Box::pin(async move {
                let (mut stored, positions) = row::count_types(&types.fetch_all(&mut *connection).await?)?;
                if samples == 0 {
                    return Ok(stored);
                }
                let events = sqlx::query(statement!("sql/events.sql", "events_at"))
                    .bind(serde_json::json!(positions).to_string());
                for event in row::DECODER.events(&events.fetch_all(connection).await?)? {
                    StoredType::keep(&mut stored, event);
                }
                Ok(stored)
            })
        })
        .await
}
