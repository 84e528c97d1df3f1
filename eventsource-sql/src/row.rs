//! Values of rows, and of binds.

use std::{str::FromStr, time::Duration};

use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Decode, Row, error::BoxDynError};
use uuid::Uuid;

/// A row of any database that has integers, texts, booleans and UUIDs.
///
/// The types of the columns are not checked for every row: the statements and the migrations of a store determine them.
///
/// # Errors
///
/// Each method returns an error if there is no such column, or if the value is null and the result is not an `Option`.
pub trait SqlRow: Row {
    /// An integer, of any size.
    fn integer(&self, column: usize) -> Result<i64, sqlx::Error>;

    /// An integer, of any size, or a null.
    fn optional_integer(&self, column: usize) -> Result<Option<i64>, sqlx::Error>;

    /// A text, or another value whose encoding is its text.
    fn text(&self, column: usize) -> Result<&str, sqlx::Error>;

    /// A text, or a null.
    fn optional_text(&self, column: usize) -> Result<Option<&str>, sqlx::Error>;

    /// A boolean.
    fn boolean(&self, column: usize) -> Result<bool, sqlx::Error>;

    /// A UUID, or a null.
    fn optional_id(&self, column: usize) -> Result<Option<Uuid>, sqlx::Error>;
}

impl<R> SqlRow for R
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database>,
    for<'r> &'r str: Decode<'r, R::Database>,
    for<'r> bool: Decode<'r, R::Database>,
    for<'r> Uuid: Decode<'r, R::Database>,
{
    fn integer(&self, column: usize) -> Result<i64, sqlx::Error> {
        self.try_get_unchecked(column)
    }

    fn optional_integer(&self, column: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get_unchecked(column)
    }

    fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        self.try_get_unchecked(column)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get_unchecked(column)
    }

    fn boolean(&self, column: usize) -> Result<bool, sqlx::Error> {
        self.try_get_unchecked(column)
    }

    fn optional_id(&self, column: usize) -> Result<Option<Uuid>, sqlx::Error> {
        self.try_get_unchecked(column)
    }
}

/// A number that a check constraint keeps from being negative.
///
/// # Errors
///
/// If the number is negative.
pub fn unsigned(row: &impl SqlRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.integer(column)?).map_err(decode_error)
}

/// A UUID that is not null.
pub(crate) fn id(row: &impl SqlRow, column: usize) -> Result<Uuid, sqlx::Error> {
    row.optional_id(column)?.ok_or_else(|| decode_error("an id is null"))
}

/// A value that is stored as one of a few names.
pub(crate) fn named<T>(row: &impl SqlRow, column: usize) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    row.text(column)?.parse().map_err(decode_error)
}

/// A value that is stored as JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &impl SqlRow, column: usize) -> Result<T, sqlx::Error> {
    serde_json::from_str(row.text(column)?).map_err(decode_error)
}

/// For a bind. A number beyond every valid version or position becomes the greatest one.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// For a bind: a limit in rows.
pub fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// For a bind: how long ago, in microseconds; at most two thousand years, which is before all events.
pub fn age(ago: Duration) -> i64 {
    const YEARS: u64 = 2_000;
    let most = Duration::from_secs(YEARS * 366 * 24 * 3_600);
    i64::try_from(ago.min(most).as_micros()).unwrap_or(i64::MAX)
}

/// Whether the text contains a NUL character. The databases cannot store or bind such a text, so nothing is stored under
/// it.
pub fn contains_nul(text: &str) -> bool {
    text.contains('\0')
}

/// The error of a value that cannot be decoded.
pub fn decode_error(error: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
