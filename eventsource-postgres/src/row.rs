//! Rows of events, column by column as the statements name them.

use std::str::FromStr;

use eventsource_core::{
    EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StoredEvent, Timestamp, Version,
    store::Interner,
};
use sqlx::{Row, ValueRef, error::BoxDynError, postgres::PgRow};
use uuid::Uuid;

/// Microseconds from 1970-01-01 to 2000-01-01, from which Postgres counts.
pub(crate) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// An event from the columns position, category, `stream_id`, version, `event_id`, `event_type`,
/// `schema_version`, payload, metadata, `correlation_id`, `causation_id`, `recorded_at`. Their types are not looked
/// at for every row: the statements and the migrations of this crate say what they are. JSON comes as its text, byte
/// for byte, without the server making a value of type text of it first.
pub(crate) fn event(row: &PgRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
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

/// What a load takes of an event, from the columns version, `event_type`, `schema_version`, payload.
pub(crate) fn stored(row: &PgRow) -> Result<(Version, StoredEvent<'_>), sqlx::Error> {
    let version = Version::new(u64::from_be_bytes(fixed(row, 0)?));
    Ok((version, StoredEvent::new(text(row, 1)?, u32::from_be_bytes(fixed(row, 2)?), text(row, 3)?)))
}

/// The size of the payload that [`stored`] takes, without reading it.
pub(crate) fn payload_size(row: &PgRow) -> usize {
    let payload = row.try_get_raw(3).ok().and_then(|value| value.as_bytes().ok());
    payload.map_or(0, <[u8]>::len)
}

/// A value that is there, in the binary format, in which a number is its bytes. A check constraint keeps those of
/// events from being negative.
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

/// The events of these rows.
pub(crate) fn events(rows: &[PgRow]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let mut interner = Interner::default();
    rows.iter().map(|row| event(row, &mut interner)).collect()
}

/// A number that a check constraint keeps from being negative.
pub(crate) fn unsigned(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get_unchecked::<i64, _>(column)?).map_err(decode_error)
}

/// One of a few names.
pub(crate) fn named<T>(row: &PgRow, column: usize) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    row.try_get::<&str, _>(column)?.parse().map_err(decode_error)
}

/// For a bind: a number beyond what a version or position can be is beyond all of them.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// For a bind: a partition beyond what there can be is none.
pub(crate) fn partition(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whether the server cannot even be asked for this text: nothing has been stored under it.
pub(crate) fn is_no_text(text: &str) -> bool {
    text.contains('\0')
}

/// A limit in rows.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A time that is there.
pub(crate) fn timestamp(row: &PgRow, column: usize) -> Result<Timestamp, sqlx::Error> {
    optional_timestamp(row, column)?.ok_or_else(|| decode_error("a time is null"))
}

/// In the binary format a time is a count of microseconds, which is what `Timestamp` holds too.
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
