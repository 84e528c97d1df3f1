//! Decoding of rows, and encoding of binds.

use std::str::FromStr;

use eventsource_core::{
    EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StoredEvent, StreamId, Timestamp,
    Version,
    store::{Escaped, Interner, Request},
};
use sqlx::{Row, ValueRef, error::BoxDynError, postgres::PgRow};
use uuid::Uuid;

/// Microseconds from 1970-01-01 to 2000-01-01, from which Postgres counts.
pub(crate) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// An event from the columns position, category, `stream_id`, version, `event_id`, `event_type`,
/// `schema_version`, payload, metadata, `correlation_id`, `causation_id`, `recorded_at`. The types of the columns are not
/// checked for every row: the statements and the migrations of this crate determine them. JSON arrives as its text,
/// byte for byte, without a conversion to type text on the server.
///
/// An error names the event: a reader of the log cannot go on after it, and somebody has to find it.
pub(crate) fn event(row: &PgRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
    decode(row, interner).map_err(|error| unreadable(row, error))
}

fn decode(row: &PgRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
    let metadata = Metadata::decode_entries(text(row, 8)?).map_err(decode_error)?;
    let context = EventContext {
        position: Position::new(u64::from_be_bytes(fixed(row, 0)?)),
        stream: interner.stream(text(row, 1)?, text(row, 2)?).map_err(decode_error)?,
        version: Version::new(u64::from_be_bytes(fixed(row, 3)?)),
        id: EventId::from(Uuid::from_bytes(fixed(row, 4)?)),
        event_type: interner.event_type(text(row, 5)?),
        schema_version: u32::from_be_bytes(fixed(row, 6)?),
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

fn unreadable(row: &PgRow, source: sqlx::Error) -> sqlx::Error {
    // The beginning of a name that is too long does.
    let name = |column| text(row, column).unwrap_or("?").chars().take(200).collect();
    decode_error(UnreadableEvent {
        position: fixed(row, 0).map(u64::from_be_bytes).unwrap_or_default(),
        version: fixed(row, 3).map(u64::from_be_bytes).unwrap_or_default(),
        category: name(1),
        stream_id: name(2),
        event_type: name(5),
        source,
    })
}

/// The part of an event that a load needs, from the columns version, `event_type`, `schema_version`, payload.
/// An error names the event.
pub(crate) fn stored<'r>(
    row: &'r PgRow,
    stream: &StreamId,
) -> Result<(Version, StoredEvent<'r>), sqlx::Error> {
    decode_stored(row).map_err(|source| {
        decode_error(UnreadableHistory {
            version: fixed(row, 0).map(u64::from_be_bytes).unwrap_or_default(),
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

fn decode_stored(row: &PgRow) -> Result<(Version, StoredEvent<'_>), sqlx::Error> {
    let version = Version::new(u64::from_be_bytes(fixed(row, 0)?));
    Ok((version, StoredEvent::new(text(row, 1)?, u32::from_be_bytes(fixed(row, 2)?), text(row, 3)?)))
}

/// The size of the payload that [`stored`] decodes, without decoding it.
pub(crate) fn payload_size(row: &PgRow) -> usize {
    let payload = row.try_get_raw(3).ok().and_then(|value| value.as_bytes().ok());
    payload.map_or(0, <[u8]>::len)
}

/// A value that is not null, in the binary format, in which a number is its big-endian bytes. Check constraints keep the
/// numbers of events from being negative.
fn fixed<const N: usize>(row: &PgRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let value = row.try_get_raw(column)?;
    value.as_bytes().map_err(sqlx::Error::Decode)?.try_into().map_err(decode_error)
}

fn text(row: &PgRow, column: usize) -> Result<&str, sqlx::Error> {
    row.try_get_raw(column)?.as_str().map_err(sqlx::Error::Decode)
}

fn id(row: &PgRow, column: usize) -> Result<Option<Uuid>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    let bytes = value.as_bytes().map_err(sqlx::Error::Decode)?;
    Uuid::from_slice(bytes).map(Some).map_err(decode_error)
}

/// What an idempotency key was used for, from the columns command and content.
pub(crate) fn request(row: &PgRow, column: usize) -> Result<Option<Request>, sqlx::Error> {
    let command: Option<String> = row.try_get(column)?;
    let content = id(row, column + 1)?;
    Ok(command.map(|command| Request::stored(command, content)))
}

/// The events of these rows.
pub(crate) fn events(rows: &[PgRow]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let mut interner = Interner::default();
    rows.iter().map(|row| event(row, &mut interner)).collect()
}

/// A number that a check constraint keeps from being negative.
pub(crate) fn unsigned(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get_unchecked::<i64, _>(column)?).map_err(decode_error)
}

/// A value that is stored as one of a few names.
pub(crate) fn named<T>(row: &PgRow, column: usize) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    row.try_get::<&str, _>(column)?.parse().map_err(decode_error)
}

/// For a bind. A number beyond every valid version or position becomes the greatest one.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// For a bind. A number beyond every valid partition becomes one that does not exist.
pub(crate) fn partition(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whether the text contains a NUL character. Postgres cannot store such a text, so nothing is stored under it.
pub(crate) fn contains_nul(text: &str) -> bool {
    text.contains('\0')
}

/// A limit in rows.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A time that is not null.
pub(crate) fn timestamp(row: &PgRow, column: usize) -> Result<Timestamp, sqlx::Error> {
    optional_timestamp(row, column)?.ok_or_else(|| decode_error("a time is null"))
}

/// In the binary format a time is a number of microseconds, as in `Timestamp`.
pub(crate) fn optional_timestamp(row: &PgRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    let bytes: [u8; 8] = value.as_bytes().map_err(sqlx::Error::Decode)?.try_into().map_err(decode_error)?;
    let microseconds = i64::from_be_bytes(bytes).saturating_add(POSTGRES_EPOCH);
    Timestamp::from_microsecond(microseconds).map(Some).map_err(decode_error)
}

pub(crate) fn decode_error(error: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
