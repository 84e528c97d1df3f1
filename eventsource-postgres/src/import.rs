//! Importing: a chunk is sent as arrays, which have arrived on the server before its transaction begins, in one
//! autocommit statement on a task of its own.
//!
//! A chunk can be sent any number of times: events that are stored already are skipped. So a call whose answer was lost
//! is simply repeated.

mod columns;

use std::sync::atomic::{AtomicBool, Ordering};

use eventsource_core::{
    Position, StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported, StoreError},
};
use eventsource_sql::statement;
use sqlx::{Postgres, Row, pool::PoolConnection, postgres::PgRow};

use self::columns::Columns;
use crate::{
    connections::{Connections, Deadline},
    error::{detail_of, is_connection_lost, is_contended, store_error, violated_unique},
    row, sqlstate,
};

const ACTION: &str = "importing";

/// How often a chunk that loses races against other transactions is tried. Each of them has committed, and the next
/// attempt sees its events.
const RACES: usize = 20;

/// Imports a chunk. `resuming` is whether events of the last chunk were stored already: then some of the next chunk
/// probably are, too, and each of them is looked up at once.
pub(crate) async fn import(
    connections: &Connections,
    resuming: &AtomicBool,
    events: &[ImportEvent],
) -> Result<Imported, ImportError> {
    ImportEvent::validate(events)?;
    if events.is_empty() {
        return Ok(Imported::default());
    }
    let columns = Columns::of(events);
    let mut search = resuming.load(Ordering::Relaxed);
    let (mut lost, mut races) = (false, 0);
    let deadline = connections.deadline();
    loop {
        let connection = match lost {
            false => connections.acquire(ACTION, deadline).await?,
            true => connections.acquire_live(ACTION, deadline).await?,
        };
        let call = call(connections, (connection, deadline), &columns, search);
        let error = match call.await? {
            Ok(row) => {
                let failed = |error| store_error(ACTION, error);
                match Answer::decode(&row, events).map_err(failed)? {
                    Answer::Imported(imported) => {
                        resuming.store(imported.skipped > 0, Ordering::Relaxed);
                        return Ok(imported);
                    }
                    Answer::Refused(refusal) => return Err(refusal),
                    Answer::Search => {
                        search = true;
                        continue;
                    }
                }
            }
            Err(error) => error,
        };
        if let Some(names) = detail_of(&error, sqlstate::INLINE_MISMATCH) {
            return Err(ImportError::Inline {
                projections: serde_json::from_str(&names).unwrap_or_default(),
            });
        } else if is_connection_lost(&error) && !lost && !deadline.has_passed() {
            lost = true;
        } else if violated_unique(&error).is_some() || is_contended(&error) {
            races += 1;
            if races == RACES {
                return Err(StoreError::Contended { action: ACTION, source: Box::new(error) }.into());
            }
            // The other transaction may have stored the same events.
            search = true;
        } else {
            return Err(store_error(ACTION, error).into());
        }
    }
}

/// Runs the statement on a task of its own, so that it completes even if the caller drops its future.
async fn call(
    connections: &Connections,
    (connection, deadline): (PoolConnection<Postgres>, Deadline),
    columns: &Columns<'_>,
    search: bool,
) -> Result<Result<PgRow, sqlx::Error>, StoreError> {
    let query = columns.bind(connections.query(statement!("sql/events.sql", "import"))).bind(search);
    let connections = connections.clone();
    let called = tokio::spawn(async move {
        let call = connections.call(connection, deadline, |connection| Box::pin(query.fetch_all(connection)));
        call.await.and_then(|rows| rows.into_iter().next().ok_or(sqlx::Error::RowNotFound))
    });
    match called.await {
        Ok(called) => Ok(called),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The task was cancelled because the runtime is shutting down.
        Err(cancelled) => Err(StoreError::Unavailable { action: ACTION, source: Box::new(cancelled) }),
    }
}

/// The result of the function.
enum Answer {
    Imported(Imported),
    /// The call has to look up each event.
    Search,
    Refused(ImportError),
}

impl Answer {
    fn decode(row: &PgRow, events: &[ImportEvent]) -> Result<Self, sqlx::Error> {
        match row.try_get(0)? {
            "imported" => {
                let mut imported = Imported::default();
                imported.stored = row::unsigned(row, 1)?;
                imported.skipped = row::unsigned(row, 2)?;
                imported.streams = row::unsigned(row, 3)?;
                imported.position = Position::new(row::unsigned(row, 4)?);
                Ok(Self::Imported(imported))
            }
            "search" => Ok(Self::Search),
            fault => {
                let number = row::unsigned(row, 5)?;
                Ok(Self::Refused(ImportError::Refused {
                    number,
                    fault: decode_fault(row, fault, number, events)?,
                }))
            }
        }
    }
}

fn decode_fault(
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
