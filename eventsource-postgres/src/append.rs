//! Appending: one autocommit statement for all who append at the same time, on a task of its own.
//!
//! A caller who goes away does not take the statement along: it runs to its end either way, so that no
//! connection is left with half of an answer, and an append is stored whole or not at all.
//!
//! Who appends waits in `queue.rs`, `each.rs` is for lists of appends, `group.rs` makes the one statement, `single.rs` settles an append by itself
//! where that fails, `batch.rs` and `outcome.rs` are the arguments and answers of the append function.

mod batch;
mod each;
mod group;
mod outcome;
mod queue;
mod single;

use std::sync::Arc;

use eventsource_core::{
    Position, StreamId, Version,
    store::{Append, AppendError, BoxError, Receipt, StoreError},
};

use crate::{connections::Connections, row};

pub(crate) use queue::AppendQueue;
pub(crate) use single::{Begun, begin};

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
            let query = connections
                .query(include_str!("sql/find_receipt.sql"))
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
