//! Decoding of rows, and encoding of binds. The types of the columns are not checked for every row: the statements and the
//! migrations of this crate determine them. JSON arrives as its text, without a conversion to type text on the server.

use eventsource_sql::Decoder;
use sqlx::{Row, postgres::PgRow};

pub(crate) use eventsource_sql::{
    age, contains_nul, count_types, decode_error, instance_state, limit, owner, receipt, request, signed,
    snapshot, stored, unsigned, worker,
};

/// Microseconds from 1970-01-01 to 2000-01-01, from which Postgres counts.
pub(crate) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// In the binary format, a time is a number of microseconds.
pub(crate) const DECODER: Decoder = Decoder::since(POSTGRES_EPOCH);

/// The size of the payload that [`stored`] decodes, without decoding it.
pub(crate) fn payload_size(row: &PgRow) -> usize {
    let payload = row.try_get_raw(3).ok().and_then(|value| value.as_bytes().ok());
    payload.map_or(0, <[u8]>::len)
}

/// For a bind. A number beyond every valid partition becomes one that does not exist.
pub(crate) fn partition(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
