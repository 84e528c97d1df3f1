//! Reading the log of all streams, up to the horizon.
//!
//! There is one writer at a time, and its positions continue from the last one: so the log is final up to the last
//! committed event. That position is read first, and the events in a later statement.

use eventsource_core::{
    Position,
    store::{Interner, LogFilter, LogPage, StoreError, StoredType},
};
use futures_core::future::BoxFuture;
use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

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
        let horizon = sqlx::query(include_str!("sql/horizon.sql")).fetch_one(&mut *connection).await?;
        let horizon = Position::new(row::unsigned(&horizon, 0)?).max(after);
        let events = match &selected {
            None => sqlx::query(include_str!("sql/read_log.sql")),
            Some(_) => sqlx::query(include_str!("sql/read_log_selected.sql")),
        };
        let mut query =
            events.bind(row::signed(after.get())).bind(row::signed(horizon.get())).bind(row::limit(limit));
        if let Some((names, categories)) = selected {
            query = query.bind(names).bind(categories);
        }
        // Row by row, while the next rows are read. Dropping the stream ends the statement.
        let mut rows = query.fetch(connection);
        let (mut events, mut interner, mut bytes) = (Vec::new(), Interner::default(), 0);
        while bytes < LogPage::BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = row::DECODER.event(&row, &mut interner)?;
            bytes += event.payload().len();
            events.push(event);
        }
        let at_head = events.len() < limit && bytes < LogPage::BYTES;
        let last = events.last().map_or(after, |event| event.position);
        Ok(LogPage { horizon: if at_head { horizon } else { last }, events, at_head })
    })
}

/// Counts events by category, type and version, with up to `samples` events of each, chosen at random.
pub(crate) async fn stored_types(
    connections: &Connections,
    samples: usize,
) -> Result<Vec<StoredType>, StoreError> {
    let groups = i64::try_from(samples.clamp(1, 1024)).unwrap_or(1024);
    connections
        .scan("counting event types", |connection| {
            let types = sqlx::query(include_str!("sql/stored_types.sql")).bind(groups);
            Box::pin(async move {
                let mut stored: Vec<StoredType> = Vec::new();
                let mut positions = Vec::new();
                for group in types.fetch_all(&mut *connection).await? {
                    let (category, event_type) = (group.try_get(0)?, group.try_get(1)?);
                    let schema_version = u32::try_from(group.try_get::<i64, _>(2)?).unwrap_or_default();
                    let count = row::unsigned(&group, 3)?;
                    positions.push(group.try_get::<i64, _>(4)?);
                    StoredType::count(&mut stored, category, event_type, schema_version, count);
                }
                if samples == 0 {
                    return Ok(stored);
                }
                let events = sqlx::query(include_str!("sql/events_at.sql"))
                    .bind(serde_json::json!(positions).to_string());
                for event in row::DECODER.events(&events.fetch_all(connection).await?)? {
                    StoredType::keep(&mut stored, event);
                }
                Ok(stored)
            })
        })
        .await
}
