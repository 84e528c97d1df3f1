//! Reading the log of all streams, up to the horizon.
//!
//! Positions are drawn in one order and committed in another, so a reader of "everything above the last position" would
//! skip events that commit late. The horizon is the position up to which the log is final;
//! `migrations/0005_horizon.sql` explains why. It is read first, and the events in a later statement, whose snapshot then
//! contains every event at or below the horizon.

use std::hash::{BuildHasher, RandomState};

use eventsource_core::{
    EventContext, Position,
    store::{LogFilter, LogPage, StoreError, StoredType},
};
use eventsource_sql::statement;
use futures_core::future::BoxFuture;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

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
    let horizon = connections.query(statement!("sql/log.sql", "horizon"));
    let events = connections.query(statement!("sql/log.sql", "read_log")).bind(row::signed(after.get()));
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
        let page = row::DECODER.read_page(events.fetch(connection), after, horizon, limit).await?;
        let sizes = page.events.iter().map(|event| event.payload().len());
        let (bytes, largest) =
            sizes.fold((0, 0), |(bytes, largest): (usize, usize), size| (bytes + size, largest.max(size)));
        // An estimate of the rest: as many events as may follow, each as large as the largest event of this page, since
        // large events may just have started.
        let positions = usize::try_from(horizon.get() - page.horizon.get()).unwrap_or(usize::MAX);
        let left = (limit - page.events.len()).min(positions);
        let has_large_rest = bytes >= LogPage::BYTES && largest.saturating_mul(left) > LogPage::BYTES;
        Ok(Part { read: page, has_large_rest })
    })
}

const CORRELATED: &str = "reading a correlation";
/// What an operator does about an index that was dropped.
const CREATE_INDEX: &str = "create index concurrently events_correlation_key on eventsource.events \
                            (correlation_id, position) where correlation_id is not null";

/// The events of a correlation, those above the horizon among them.
pub(crate) async fn correlated(
    connections: &Connections,
    correlation: Uuid,
    after: Position,
    limit: usize,
) -> Result<Vec<EventContext>, StoreError> {
    let rows = connections.read(CORRELATED, |connection| {
        let index = connections.query(statement!("sql/log.sql", "correlation_index"));
        let query = connections
            .query(statement!("sql/log.sql", "read_correlated"))
            .bind(correlation)
            .bind(row::signed(after.get()))
            .bind(row::limit(limit));
        Box::pin(async move {
            if !index.fetch_one(&mut *connection).await?.try_get::<bool, _>(0)? {
                return Ok(None);
            }
            row::DECODER.read_events(query.fetch(connection)).await.map(Some)
        })
    });
    let missing = StoreError::MissingIndex { action: CORRELATED, create: CREATE_INDEX };
    let events = rows.await?.ok_or(missing)?;
    Ok(events.into_iter().map(|event| event.context).collect())
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
            let types = connections.query(statement!("sql/log.sql", "stored_types")).bind(groups).bind(seed);
            let events = connections.query(statement!("sql/events.sql", "events_at"));
            Box::pin(async move {
                let (mut stored, positions) = row::count_types(&types.fetch_all(&mut *connection).await?)?;
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
