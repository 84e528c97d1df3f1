//! Storing the planned events and receipts, in as few statements as possible.

use std::sync::OnceLock;

use eventsource_core::{
    Timestamp,
    store::rules::{Plan, PlannedEvent},
};
use eventsource_sql::statement;
use sqlx::SqliteConnection;

use super::lookup::json;
use crate::row;

/// Up to this number of events, there is one statement per exact number: each statement costs two thread switches.
const EXACT: usize = 64;
/// Larger numbers are split into powers of two, up to this one: few enough statements that all stay prepared.
const MOST: usize = 256;

/// Stores the events and the receipts.
pub(crate) async fn insert(connection: &mut SqliteConnection, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
    let now = Timestamp::now();
    let mut rest = plan.events();
    while !rest.is_empty() {
        let size = match rest.len() {
            few @ ..=EXACT => few,
            many => (1 << many.ilog2()).min(MOST),
        };
        let (events, remaining) = rest.split_at(size);
        insert_events(&mut *connection, events, now).await?;
        rest = remaining;
    }
    if plan.first_receipts().is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = plan
        .first_receipts()
        .iter()
        .map(|(receipt, key)| {
            let (version, position) = (receipt.version.get(), receipt.position.get());
            let command = receipt.request.as_ref().map(|request| &request.command);
            let content = receipt.request.as_ref().and_then(|request| request.content);
            let content = content.map(|content| content.simple().to_string());
            (receipt.stream.category(), receipt.stream.id(), key, version, position, command, content)
        })
        .collect();
    sqlx::query(statement!("../sql/events.sql", "insert_keys"))
        .bind(json(&keys)?)
        .bind(now.as_microsecond())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_events(
    connection: &mut SqliteConnection,
    events: &[PlannedEvent<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(statement_for(events.len()));
    for PlannedEvent { stream, event, head, recorded_at, .. } in events {
        query = query
            .bind(row::signed(head.position.get()))
            .bind(stream.category().to_owned())
            .bind(stream.id().to_owned())
            .bind(row::signed(head.version.get()))
            .bind(event.id.as_uuid())
            .bind(event.event_type.clone().into_owned())
            .bind(i64::from(event.schema_version))
            .bind(event.payload.get().to_owned())
            .bind(event.metadata.encode_entries())
            .bind(event.metadata.correlation_id)
            .bind(event.metadata.causation_id)
            .bind(recorded_at.unwrap_or(now).as_microsecond());
    }
    query.execute(connection).await?;
    Ok(())
}

/// The statement for a number of events, built once.
fn statement_for(events: usize) -> &'static str {
    static STATEMENTS: [OnceLock<String>; MOST + 1] = [const { OnceLock::new() }; MOST + 1];
    STATEMENTS[events].get_or_init(|| {
        let one = statement!("../sql/events.sql", "insert_events");
        let (_, values) = one.rsplit_once("values ").unwrap_or_default();
        std::iter::once(one).chain(std::iter::repeat_n(values, events - 1)).collect::<Vec<_>>().join(", ")
    })
}
