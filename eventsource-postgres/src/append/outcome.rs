//! Decodes the results of the append function into receipts and errors.

use eventsource_core::{
    Position, Version,
    store::{Append, AppendError, InvalidAppend, Receipt, Request, StoreError, StreamAppend},
};
use sqlx::{Row, postgres::PgRow};

use super::ACTION;
use crate::{
    error::{detail_of, store_error},
    row, sqlstate,
};

/// The result of the function for one part.
pub(super) struct StreamOutcome {
    kind: String,
    version: Version,
    position: Position,
    /// What the key of a repeated append was used for.
    request: Option<Request>,
}

impl StreamOutcome {
    pub(super) fn decode(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            kind: row.try_get(1)?,
            version: Version::new(row::unsigned(row, 2)?),
            position: Position::new(row::unsigned(row, 3)?),
            request: row::request(row, 4)?,
        })
    }

    pub(super) fn is_repeated(&self) -> bool {
        self.kind == "repeated"
    }
}

/// The receipts of an append, or its error.
pub(super) fn read(append: &Append, outcomes: &[StreamOutcome]) -> Result<Vec<Receipt>, AppendError> {
    if outcomes.len() != append.streams.len() {
        let source = format!("{} outcomes for {} streams", outcomes.len(), append.streams.len()).into();
        return Err(StoreError::Corrupt { action: ACTION, source }.into());
    }
    let mut receipts = Vec::with_capacity(outcomes.len());
    let mut held_back = false;
    for (StreamAppend { stream, expected, .. }, outcome) in append.streams.iter().zip(outcomes) {
        let &StreamOutcome { ref kind, version, position, ref request } = outcome;
        let stream = stream.clone();
        match kind.as_str() {
            "appended" => {
                let request = append.request.clone().filter(|_| append.idempotency_key.is_some());
                receipts.push(Receipt { stream, version, position, repeated: false, request });
            }
            "repeated" => {
                let request = request.clone();
                receipts.push(Receipt { stream, version, position, repeated: true, request });
            }
            "conflict" => return Err(AppendError::Conflict { stream, expected: *expected, actual: version }),
            "used key" => {
                let key = append.idempotency_key.clone().unwrap_or_default();
                return Err(InvalidAppend::UsedKey { stream, key }.into());
            }
            // The part that prevented the append is among the others.
            "held back" => held_back = true,
            other => {
                let source = format!("an unknown outcome {other:?}").into();
                return Err(StoreError::Corrupt { action: ACTION, source }.into());
            }
        }
    }
    if held_back {
        let source = "a part was held back, but no other part of the append failed".into();
        return Err(StoreError::Corrupt { action: ACTION, source }.into());
    }
    Ok(receipts)
}

/// Converts an error of the append function: the append does not update exactly the inline projections that exist, or an
/// error that any statement can have.
pub(super) fn refusal(error: sqlx::Error) -> AppendError {
    match detail_of(&error, sqlstate::INLINE_MISMATCH) {
        Some(names) => AppendError::Inline { projections: serde_json::from_str(&names).unwrap_or_default() },
        None => store_error(ACTION, error).into(),
    }
}
