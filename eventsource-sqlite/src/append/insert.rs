//! Storing what was planned, in as few statements as there are kinds of them.

use std::sync::OnceLock;

use eventsource_core::Timestamp;
use sqlx::SqliteConnection;

use super::{
    known::json,
    plan::{Planned, PlannedEvent},
};
use crate::row;

/// The numbers of events for which there is a statement, as powers of two: few enough that all stay prepared.
const SIZES: usize = 9;

/// Stores the events and keeps the receipts.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    planned: &Planned<'_>,
) -> Result<(), sqlx::Error> {
    let now = Timestamp::now();
    let mut rest = &planned.events[..];
    while let Some(size) = (0..SIZES).rev().find(|size| rest.len() >= 1 << size) {
        let (events, others) = rest.split_at(1 << size);
        insert_events(&mut *connection, size, events, now).await?;
        rest = others;
    }
    if planned.keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = planned
        .keys
        .iter()
        .map(|(receipt, key)| {
            let (version, position) = (receipt.version.get(), receipt.position.get());
            (receipt.stream.category(), receipt.stream.id(), key, version, position)
        })
        .collect();
    sqlx::query(include_str!("../sql/insert_keys.sql"))
        .bind(json(&keys)?)
        .bind(now.as_microsecond())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_events(
    connection: &mut SqliteConnection,
    size: usize,
    events: &[PlannedEvent<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(statement(size));
    for PlannedEvent { stream, event, head, recorded_at } in events {
        query = query
            .bind(row::signed(head.position.get()))
            .bind(stream.category().to_owned())
            .bind(stream.id().to_owned())
            .bind(row::signed(head.version.get()))
            .bind(event.id.as_uuid())
            .bind(event.event_type.clone().into_owned())
            .bind(i64::from(event.schema_version))
            .bind(event.payload.get().to_owned())
            .bind(event.metadata.encode_values())
            .bind(event.metadata.correlation_id)
            .bind(event.metadata.causation_id)
            .bind(recorded_at.unwrap_or(now).as_microsecond());
    }
    query.execute(connection).await?;
    Ok(())
}

/// The statement for so many events, made once.
fn statement(size: usize) -> &'static str {
    static STATEMENTS: [OnceLock<String>; SIZES] = [const { OnceLock::new() }; SIZES];
    STATEMENTS[size].get_or_init(|| {
        let one = include_str!("../sql/insert_events.sql").trim_end();
        let (_, values) = one.rsplit_once("values ").unwrap_or_default();
        std::iter::once(one)
            .chain(std::iter::repeat_n(values, (1 << size) - 1))
            .collect::<Vec<_>>()
            .join(", ")
    })
}
