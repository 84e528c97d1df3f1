//! Decodes rows into the types of the store contract.

mod events;
mod projections;
mod reactions;

use eventsource_core::Timestamp;

use crate::row::{SqlRow, decode_error};

pub use events::{count_types, receipt, request, snapshot, stored};
pub use projections::{existing, owner, state, worker};
pub use reactions::instance_state;

/// Decodes rows that have times. A database returns a time as an integer, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Decoder {
    epoch: i64,
}

impl Decoder {
    /// For a database whose times count from `epoch`, which is in microseconds after 1970-01-01.
    pub const fn since(epoch: i64) -> Self {
        Self { epoch }
    }

    /// A time that is not null.
    pub(crate) fn timestamp(self, row: &impl SqlRow, column: usize) -> Result<Timestamp, sqlx::Error> {
        self.optional_timestamp(row, column)?.ok_or_else(|| decode_error("a time is null"))
    }

    /// A time, or a null.
    ///
    /// # Errors
    ///
    /// If the time is outside of the range of [`Timestamp`].
    pub fn optional_timestamp(
        self,
        row: &impl SqlRow,
        column: usize,
    ) -> Result<Option<Timestamp>, sqlx::Error> {
        let Some(time) = row.optional_integer(column)? else { return Ok(None) };
        Timestamp::from_microsecond(time.saturating_add(self.epoch)).map(Some).map_err(decode_error)
    }
}
