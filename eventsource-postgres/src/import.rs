//! Importing: a chunk as arrays, which are on the server before its transaction begins, in one autocommit statement
//! on a task of its own.
//!
//! A chunk may be given to the server any number of times: what is stored already is passed over. So an answer that
//! was lost is simply asked for again.

mod columns;
mod heads;

use eventsource_core::{
    Position, StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported, StoreError},
};
use sqlx::{Postgres, Row, pool::PoolConnection, postgres::PgRow};

pub(crate) use self::heads::Heads;
use self::{columns::Columns, heads::Witness};
use crate::{
    connections::Connections,
    error::{detail_of, is_connection_lost, is_contended, store_error, violated_unique},
    row, sqlstate,
};

const ACTION: &str = "importing";

/// How often a chunk is tried that another transaction got in the way of. Each time that other one has committed
/// something, which is seen at the next try.
const RACES: usize = 20;

pub(crate) async fn import(
    connections: &Connections,
    heads: &Heads,
    events: &[ImportEvent],
) -> Result<Imported, ImportError> {
    ImportEvent::validate(events)?;
    if events.is_empty() {
        return Ok(Imported::default());
    }
    let columns = Columns::of(events);
    let (known, mut search, witness) = heads.of(columns.names());
    let (mut lost, mut races) = (false, 0);
    loop {
        let connection = match lost {
            false => connections.acquire(ACTION).await?,
            true => connections.acquire_live(ACTION).await?,
        };
        let error = match call(connections, connection, &columns, (&known, witness), search).await? {
            Ok(row) => {
                let unclear = |error| store_error(ACTION, error);
                if !row.try_get(10).map_err(unclear)? {
                    heads.forget();
                }
                match Answer::decode(&row, events).map_err(unclear)? {
                    Answer::Imported(imported, _) if imported.skipped > 0 => {
                        heads.resume();
                        return Ok(imported);
                    }
                    Answer::Imported(imported, versions) => {
                        let witness = columns.witness(imported.position);
                        heads.remember(columns.names(), columns.grown(versions), witness);
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
    (known, witness): (&[i64], Option<Witness>),
    search: bool,
) -> Result<Result<PgRow, sqlx::Error>, StoreError> {
    let query = columns.bind(connections.query(include_str!("sql/import.sql")), known).bind(search);
    let query = query.bind(witness.map(|it| it.id)).bind(witness.map(|it| row::signed(it.position.get())));
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

/// What the function answers.
enum Answer {
    /// And the versions that the streams had before.
    Imported(Imported, Vec<i64>),
    /// Not without looking for each event.
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
                Ok(Self::Imported(imported, row.try_get(5)?))
            }
            "search" => Ok(Self::Search),
            fault => {
                let number = row::unsigned(row, 6)?;
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
    let version = Version::new(row::unsigned(row, 7)?);
    match outcome {
        "gap" => Ok(ImportFault::Gap { stream, expected, found: version }),
        "conflict" => Ok(ImportFault::Conflict { stream, expected, found: version }),
        "late" => Ok(ImportFault::Late { stream, version }),
        "used id" => {
            let (category, id): (&str, &str) = (row.try_get(8)?, row.try_get(9)?);
            let stream = StreamId::new(category, id).map_err(row::decode_error)?;
            Ok(ImportFault::UsedEventId { id: event.event.id, stream, version })
        }
        other => Err(row::decode_error(format!("an unknown outcome {other:?}"))),
    }
}
