//! Appending: one transaction for all who append at the same time, on a task of its own.
//!
//! A caller who goes away does not take the transaction along: an append is stored whole or not at all.
//!
//! Nobody else writes while the transaction is open. So it reads what all of its appends must know in one statement
//! (`lookup.rs`), decides on one after the other (`plan.rs`), and stores what is left of them in another (`insert.rs`):
//! `batch.rs`. Who appends waits in `queue.rs`.

mod batch;
mod inline;
mod insert;
mod lookup;
mod plan;
mod queue;

use std::sync::Arc;

use eventsource_core::{
    Position, StreamId, Version,
    store::{Append, AppendError, BoxError, Receipt, StoreError},
};

use crate::{connections::Connections, row};

pub(crate) use batch::{Begun, begin};
pub(crate) use insert::insert;
pub(crate) use lookup::{LogState, Lookup, Stored};
pub(crate) use plan::{Planned, PlannedEvent};
pub(crate) use queue::AppendQueue;

const ACTION: &str = "appending";

type AppendResult = Result<Vec<Receipt>, AppendError>;

fn unknown(append: Arc<Append>, source: impl Into<BoxError>) -> AppendError {
    AppendError::OutcomeUnknown { append: Box::new(Arc::unwrap_or_clone(append)), source: source.into() }
}

/// The first receipt of an append under this key.
pub(crate) async fn find_receipt(
    connections: &Connections,
    stream: &StreamId,
    key: &str,
) -> Result<Option<Receipt>, StoreError> {
    if row::is_no_text(key) {
        return Ok(None);
    }
    connections
        .read("looking for an idempotency key", |connection| {
            let query = sqlx::query(include_str!("sql/find_receipt.sql"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned())
                .bind(key.to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
                let version = Version::new(row::unsigned(&found, 0)?);
                let position = Position::new(row::unsigned(&found, 1)?);
                Ok(Some(Receipt { stream, version, position, repeated: true }))
            })
        })
        .await
}
