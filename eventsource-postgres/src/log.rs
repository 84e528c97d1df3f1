//! Reading the log of all streams, up to the horizon.
//!
//! Positions are drawn in one order and committed in another, so a reader of "everything above the last position" would
//! skip events that commit late. The horizon is the position up to which the log is final;
//! `migrations/0005_horizon.sql` explains why. It is read first, and the events in a later statement, whose snapshot then
//! contains every event at or below the horizon.

use std::hash::{BuildHasher, RandomState};

use eventsource_core::{
    Position,
    store::{Interner, LogFilter, LogPage, StoreError, StoredType},
};
use futures_core::future::BoxFuture;
use futures_util::TryStreamExt;
use sqlx::{PgConnection, Row};

use crate::{
    connections::{Connections, Part},
    row,
};

pub(crate) const READING: &str = "reading the log";

pub(crate) async fn read(
    connections: &Connections,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> Result<LogPage, StoreError> {
    connections.read_part(READING, |connection| page(connections, connection, after, filter, limit)).await
}

/// Each statement must see everything that was committed before it: a transaction around it has to be read committed.
pub(crate) fn page<'c>(
    connections: &Connections,
    connection: &'c mut PgConnection,
    after: Position,
    filter: &LogFilter,
    limit: usize,
) -> BoxFuture<'c, Result<Part<LogPage>, sqlx::Error>> {
    let horizon = connections.query(include_str!("sql/horizon.sql"));
    let events = connections.query(include_str!("sql/read_log.sql")).bind(row::signed(after.get()));
    let storable = |texts: &Vec<String>| -> Vec<String> {
        texts.iter().filter(|text| !row::contains_nul(text)).cloned().collect()
    };
    let names = filter.event_types.as_ref().map(storable);
    let categories = storable(&filter.categories);
    Box::pin(async move {
        // The mark of a late writer may be below a horizon that was returned before. The positions it draws are above
        // that horizon in every case, so a lower horizon would be harmless, but of no use to a reader.
        let horizon = horizon.fetch_one(&mut *connection).await?.try_get::<i64, _>(0)?;
        let horizon = Position::new(u64::try_from(horizon).unwrap_or_default()).max(after);
        let events =
            events.bind(row::signed(horizon.get())).bind(names).bind(row::limit(limit)).bind(categories);
        // Row by row, while the server prepares the next rows.
        let mut rows = events.fetch(connection);
        let (mut events, mut interner) = (Vec::new(), Interner::default());
        let (mut bytes, mut largest) = (0, 0);
        while bytes < LogPage::BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = row::DECODER.event(&row, &mut interner)?;
            bytes += event.payload().len();
            largest = largest.max(event.payload().len());
            events.push(event);
        }
        let at_head = events.len() < limit && bytes < LogPage::BYTES;
        let last = events.last().map_or(after, |event| event.position);
        // An estimate of the rest: as many events as may follow, each as large as the largest event of this page, since
        // large events may just have started.
        let left =
            (limit - events.len()).min(usize::try_from(horizon.get() - last.get()).unwrap_or(usize::MAX));
        let has_large_rest = bytes >= LogPage::BYTES && largest.saturating_mul(left) > LogPage::BYTES;
        let read = LogPage { horizon: if at_head { horizon } else { last }, events, at_head };
        Ok(Part { read, has_large_rest })
    })
}

/// Counts events by category, type and schema version, with sample events that are chosen by a hash of their position,
/// another one in each call.
pub(crate) async fn stored_types(
    connections: &Connections,
    samples: usize,
) -> Result<Vec<StoredType>, StoreError> {
    let groups = i64::try_from(samples.clamp(1, 1024)).unwrap_or(1024);
    let seed = RandomState::new().hash_one(groups).cast_signed();
    connections
        .read("counting event types", |connection| {
            let types = connections.query(include_str!("sql/stored_types.sql")).bind(groups).bind(seed);
            let events = connections.query(include_str!("sql/events_at.sql"));
            Box::pin(async move {
                let mut stored: Vec<StoredType> = Vec::new();
                let mut positions = Vec::new();
                for group in types.fetch_all(&mut *connection).await? {
                    let (category, event_type) = (group.try_get(0)?, group.try_get(1)?);
                    let schema_version = u32::try_from(group.try_get::<i32, _>(2)?).unwrap_or_default();
                    let count = row::unsigned(&group, 3)?;
                    positions.push(group.try_get::<i64, _>(4)?);
                    StoredType::count(&mut stored, category, event_type, schema_version, count);
                }
                if samples == 0 {
                    return Ok(stored);
                }
                for event in row::DECODER.events(&events.bind(positions).fetch_all(connection).await?)? {
                    StoredType::keep(&mut stored, event);
                }
                Ok(stored)
            })
        })
        .await
}
