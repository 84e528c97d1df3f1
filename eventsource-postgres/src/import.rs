//! Importing: a chunk as arrays, which are on the server before its transaction begins, in one autocommit statement
//! on a task of its own.
//!
//! A chunk may be given to the server any number of times: what is stored already is passed over. So an answer that
//! was lost is simply asked for again.

mod columns;

use eventsource_core::{
    Position, StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported, StoreError},
};
use sqlx::{Postgres, Row, pool::PoolConnection, postgres::PgRow};

use self::columns::Columns;
use crate::{
    connections::Connections,
    error::{detail_of, is_connection_lost, is_contended, store_error, violated_unique},
    row,
};

const ACTION: &str = "importing";

/// How often a chunk is tried that another transaction got in the way of. Each time that other one has committed
/// something, which is seen at the next try.
const RACES: usize = 20;

pub(crate) async fn import(
    connections: &Connections,
    events: &[ImportEvent],
) -> Result<Imported, ImportError> {
    ImportEvent::validate(events)?;
    if events.is_empty() {
        return Ok(Imported::default());
    }
    let columns = Columns::of(events);
    let (mut search, mut lost, mut races) = (false, false, 0);
    loop {
        let connection = match lost {
            false => connections.acquire(ACTION).await?,
            true => connections.acquire_live(ACTION).await?,
        };
        let error = match call(connections, connection, &columns, search).await? {
            Ok(row) => return answer(&row, events),
            Err(error) => error,
        };
        if let Some(names) = detail_of(&error, "ES001") {
            return Err(ImportError::Inline {
                projections: serde_json::from_str(&names).unwrap_or_default(),
            });
        } else if is_connection_lost(&error) && !lost {
            lost = true;
        } else if violated_unique(&error).is_some() || is_contended(&error) {
            races += 1;
            if races == RACES {
                return Err(StoreError::Contended { action: ACTION, source: Box::new(error) }.into());
            }
            // Whoever was faster may have stored the same events.
            search = true;
        } else {
            return Err(store_error(ACTION, error).into());
        }
    }
}

/// To its end, even if the caller goes away.
async fn call(
    connections: &Connections,
    connection: PoolConnection<Postgres>,
    columns: &Columns<'_>,
    search: bool,
) -> Result<Result<PgRow, sqlx::Error>, StoreError> {
    let query = columns.bind(connections.query(include_str!("sql/import.sql"))).bind(search);
    let connections = connections.clone();
    let called = tokio::spawn(async move {
        let call = connections.call(connection, |connection| Box::pin(query.fetch_all(connection)));
        call.await.and_then(|rows| rows.into_iter().next().ok_or(sqlx::Error::RowNotFound))
    });
    match called.await {
        Ok(called) => Ok(called),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime is shutting down, and took the task along.
        Err(cancelled) => Err(StoreError::Unavailable { action: ACTION, source: Box::new(cancelled) }),
    }
}

fn answer(row: &PgRow, events: &[ImportEvent]) -> Result<Imported, ImportError> {
    let read = |error| ImportError::Store(store_error(ACTION, error));
    let outcome: String = row.try_get(0).map_err(read)?;
    if outcome == "imported" {
        let mut imported = Imported::default();
        imported.stored = row::unsigned(row, 1).map_err(read)?;
        imported.skipped = row::unsigned(row, 2).map_err(read)?;
        imported.streams = row::unsigned(row, 3).map_err(read)?;
        imported.position = Position::new(row::unsigned(row, 4).map_err(read)?);
        return Ok(imported);
    }
    let number = row::unsigned(row, 5).map_err(read)?;
    let fault = fault(row, &outcome, number, events).map_err(read)?;
    Err(ImportError::Refused { number, fault })
}

fn fault(
    row: &PgRow,
    outcome: &str,
    number: u64,
    events: &[ImportEvent],
) -> Result<ImportFault, sqlx::Error> {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let event = index.and_then(|index| events.get(index));
    let event = event.ok_or_else(|| row::decode_error(format!("there is no event {number}")))?;
    let stream = event.stream.clone();
    let expected = event.version.unwrap_or_default();
    let version = Version::new(row::unsigned(row, 6)?);
    match outcome {
        "gap" => Ok(ImportFault::Gap { stream, expected, found: version }),
        "conflict" => Ok(ImportFault::Conflict { stream, expected, found: version }),
        "late" => Ok(ImportFault::Late { stream, version }),
        "used id" => {
            let (category, id): (&str, &str) = (row.try_get(7)?, row.try_get(8)?);
            let stream = StreamId::new(category, id).map_err(row::decode_error)?;
            Ok(ImportFault::UsedEventId { id: event.event.id, stream, version })
        }
        other => Err(row::decode_error(format!("an unknown outcome {other:?}"))),
    }
}
