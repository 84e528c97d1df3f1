//! Decoding rows of events, in the column order of the statements.

use std::str::FromStr;

use eventsource_core::{
    EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StoredEvent, StreamId, Timestamp,
    Version,
    store::{Escaped, Interner},
};
use sqlx::{Row, error::BoxDynError, sqlite::SqliteRow};
use uuid::Uuid;

/// An event from the columns position, category, `stream_id`, version, `event_id`, `event_type`,
/// `schema_version`, payload, metadata, `correlation_id`, `causation_id`, `recorded_at`.
///
/// An error names the event: a reader of the log cannot go on after it, and somebody has to find it.
pub(crate) fn event(row: &SqliteRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
    decode(row, interner).map_err(|error| unreadable(row, error))
}

fn decode(row: &SqliteRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
    let metadata = Metadata::decode_entries(text(row, 8)?).map_err(decode_error)?;
    let context = EventContext {
        position: Position::new(unsigned(row, 0)?),
        stream: interner.stream(text(row, 1)?, text(row, 2)?).map_err(decode_error)?,
        version: Version::new(unsigned(row, 3)?),
        id: EventId::from(id(row, 4)?.ok_or_else(|| decode_error("an event id is null"))?),
        event_type: interner.event_type(text(row, 5)?),
        schema_version: u32::try_from(unsigned(row, 6)?).map_err(decode_error)?,
        metadata: Metadata { correlation_id: id(row, 9)?, causation_id: id(row, 10)?, ..metadata },
        recorded_at: timestamp(row, 11)?,
    };
    Ok(Recorded { context, event: text(row, 7)?.into() })
}

/// An event that cannot be decoded, as far as its other columns tell which one it is.
#[derive(Debug, thiserror::Error)]
#[error(
    "could not decode the event at position {position}, which is version {version} of {}/{}, of type {}",
    Escaped(category),
    Escaped(stream_id),
    Escaped(event_type)
)]
struct UnreadableEvent {
    position: u64,
    version: u64,
    category: String,
    stream_id: String,
    event_type: String,
    source: sqlx::Error,
}

fn unreadable(row: &SqliteRow, source: sqlx::Error) -> sqlx::Error {
    // The beginning of a name that is too long does.
    let name = |column| text(row, column).unwrap_or("?").chars().take(200).collect();
    decode_error(UnreadableEvent {
        position: unsigned(row, 0).unwrap_or_default(),
        version: unsigned(row, 3).unwrap_or_default(),
        category: name(1),
        stream_id: name(2),
        event_type: name(5),
        source,
    })
}

/// The parts of an event that a load needs, from the columns version, `event_type`, `schema_version`, payload.
/// An error names the event.
pub(crate) fn stored<'r>(
    row: &'r SqliteRow,
    stream: &StreamId,
) -> Result<(Version, StoredEvent<'r>), sqlx::Error> {
    decode_stored(row).map_err(|source| {
        decode_error(UnreadableHistory {
            version: unsigned(row, 0).unwrap_or_default(),
            stream: stream.clone(),
            event_type: text(row, 1).unwrap_or("?").chars().take(200).collect(),
            source,
        })
    })
}

/// Like [`UnreadableEvent`], without a position, which a load does not read.
#[derive(Debug, thiserror::Error)]
#[error("could not decode the event that is version {version} of {stream}, of type {}", Escaped(event_type))]
struct UnreadableHistory {
    version: u64,
    stream: StreamId,
    event_type: String,
    source: sqlx::Error,
}

fn decode_stored(row: &SqliteRow) -> Result<(Version, StoredEvent<'_>), sqlx::Error> {
    let schema_version = u32::try_from(unsigned(row, 2)?).map_err(decode_error)?;
    Ok((Version::new(unsigned(row, 0)?), StoredEvent::new(text(row, 1)?, schema_version, text(row, 3)?)))
}

/// The events of these rows.
pub(crate) fn events(rows: &[SqliteRow]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let mut interner = Interner::default();
    rows.iter().map(|row| event(row, &mut interner)).collect()
}

fn text(row: &SqliteRow, column: usize) -> Result<&str, sqlx::Error> {
    row.try_get_unchecked(column)
}

fn id(row: &SqliteRow, column: usize) -> Result<Option<Uuid>, sqlx::Error> {
    let bytes: Option<&[u8]> = row.try_get_unchecked(column)?;
    bytes.map(Uuid::from_slice).transpose().map_err(decode_error)
}

/// A number that is never negative.
pub(crate) fn unsigned(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get_unchecked::<i64, _>(column)?).map_err(decode_error)
}

/// A value that is stored by its name.
pub(crate) fn named<T>(row: &SqliteRow, column: usize) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    row.try_get::<&str, _>(column)?.parse().map_err(decode_error)
}

/// For a bind: a number above the range of versions and positions becomes the largest one.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether a text cannot be bound in SQLite: nothing can have been stored under it.
pub(crate) fn is_no_text(text: &str) -> bool {
    text.contains('\0')
}

/// A limit in rows.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A time, which is stored in microseconds.
pub(crate) fn timestamp(row: &SqliteRow, column: usize) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(row.try_get_unchecked(column)?).map_err(decode_error)
}

pub(crate) fn decode_error(error: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
