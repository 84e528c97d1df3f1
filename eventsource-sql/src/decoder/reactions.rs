//! Timers, process instances, and outcomes of messages.

use eventsource_core::{
    Position,
    store::{Instance, InstanceState, Moment, Outcome, Timer},
};

use super::Decoder;
use crate::row::{SqlRow, decode_error, named, unsigned};

impl Decoder {
    /// A timer, from the columns key, name, `due_at`, data.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn timer(self, row: &impl SqlRow) -> Result<Timer, sqlx::Error> {
        Ok(Timer {
            key: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            due_at: self.timestamp(row, 2)?,
            data: row.text(3)?.to_owned(),
        })
    }

    /// An instance of a process, from the columns key, partition, state, `started_at`, `changed_at`, ignored, reason.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn instance(self, row: &impl SqlRow) -> Result<Instance, sqlx::Error> {
        Ok(Instance {
            key: row.text(0)?.to_owned(),
            partition: u32::try_from(row.integer(1)?).map_err(decode_error)?,
            state: named(row, 2)?,
            started_at: self.timestamp(row, 3)?,
            changed_at: self.timestamp(row, 4)?,
            ignored: unsigned(row, 5)?,
            reason: row.optional_text(6)?.map(str::to_owned),
        })
    }

    /// What is kept about a message, from the columns content, `kept_at`.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn outcome(self, row: &impl SqlRow) -> Result<Outcome, sqlx::Error> {
        Ok(Outcome { content: row.text(0)?.to_owned(), kept_at: self.timestamp(row, 1)? })
    }

    /// The time of the store and the end of the log, from the columns time, end.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn moment(self, row: &impl SqlRow) -> Result<Moment, sqlx::Error> {
        Ok(Moment { time: self.timestamp(row, 0)?, end: Position::new(unsigned(row, 1)?) })
    }
}

/// The state of a process instance.
///
/// # Errors
///
/// If the column cannot be decoded.
pub fn instance_state(row: &impl SqlRow, column: usize) -> Result<InstanceState, sqlx::Error> {
    named(row, column)
}
